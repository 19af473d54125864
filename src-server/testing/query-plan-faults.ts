import { CompiledQuery } from 'kysely';
import type { Db } from '../db/database.ts';

/** Tables that grow with time, with members or with what strangers send. */
const GROWING = [
  'member',
  'factor',
  'backup_code',
  'attempt',
  'device',
  'session',
  'sign_in_token',
  'challenge',
  'gateway_address',
  'lease',
  'event',
  'audit',
  'audit_hour',
  'mfa_reset',
  'mail',
  'mail_failure',
  'refusal',
];

/** Indices that hold all of the past: found by their first column alone, there may be any number of rows. */
const ALL_OF_THE_PAST = [
  'lease_device',
  'lease_member',
  'lease_begun',
  'audit_at',
  'audit_actor',
  'audit_subject',
  'lease_gateway',
  'session_member',
  'session_device',
  'challenge_device',
];

/** Indices that hold only what is alive, open or still to be done. */
const PRESENT_ONLY = [
  'lease_live_member',
  'lease_live_gateway',
  'lease_live_begun',
  'lease_live_expiry',
  'lease_one_live',
  'lease_unenforced',
  'lease_unenforced_member',
  'lease_unenforced_device',
  'session_live_member',
  'session_live_device',
  'mfa_reset_one_open',
];

/** Why a step may read more than a few rows, and which do. */
const exceptions: Record<string, readonly string[]> = {
  'a migration runs once': [
    'src-server/db/migrations.ts: SCAN factor',
    'src-server/db/migrations.ts: SEARCH audit USING INDEX audit_subject (subject=?)',
  ],
  'reads one row, or stops at the first': [
    'src-server/api/status/status-routes.ts: SCAN audit USING COVERING INDEX audit_at',
    'src-server/audit/audit-log.ts: SCAN audit',
    'src-server/db/record-mark.ts: SCAN audit',
    'src-server/db/key-check.ts: SCAN factor',
    'src-server/cli/server/init-command.ts: SCAN member USING COVERING INDEX sqlite_autoindex_member_1',
    'src-server/people/members/nobody.ts: SCAN member USING COVERING INDEX sqlite_autoindex_member_1',
    'src-server/db/key-check.ts: SCAN lease',
    'src-server/access/guard/guard.ts: SEARCH lease USING INDEX lease_device (device_id=?)',
    'src-server/audit/once-an-hour.ts: SEARCH audit USING COVERING INDEX audit_at (at>?)',
    'src-server/access/guard/tell-guards.ts: SEARCH lease EXISTS USING INDEX lease_device (device_id=?)',
  ],
  'the rows about a gateway itself, or about one certificate, are few': [
    'src-server/certificate/expiry-notices.ts: SEARCH audit USING INDEX audit_subject (subject=?)',
    'src-server/access/gateway/gateway-health.ts: SEARCH audit USING INDEX audit_subject (subject=?)',
  ],
  'a rule of the team concerns every device, and is changed or looked at by an administrator': [
    'src-server/access/policy/policy-changes.ts: SCAN device',
    'src-server/access/policy/policy-preview.ts: SCAN device',
    'src-server/access/policy/policy-preview.ts: SCAN member',
    'src-server/access/guard/tell-guards.ts: SCAN device',
    'src-server/access/guard/unguarded-devices.ts: SCAN device',
  ],
  'what no mail server has taken yet is little': [
    'src-server/mail/mail-metrics.ts: SCAN mail USING COVERING INDEX mail_due',
  ],
  'reads the whole chain, in slices and in the background': [
    'src-server/audit/audit-verification.ts: SCAN audit USING COVERING INDEX audit_at',
  ],
  'looks through an index of what is wrong just now': [
    'src-server/api/panel/admin/computer-items.ts: SCAN device USING INDEX device_guard_failed',
  ],
  'a page in the order of an index, which ends with its limit': [
    'src-server/audit/audit-archive.ts: SCAN audit',
    'src-server/audit/audit-archive.ts: SEARCH audit USING COVERING INDEX audit_at (at>?)',
    'src-server/audit/audit-pages.ts: SCAN audit',
    'src-server/audit/audit-pages.ts: SEARCH audit USING COVERING INDEX audit_at (at>?)',
    'src-server/audit/audit-pages.ts: SEARCH audit USING COVERING INDEX audit_at (at<?)',
    'src-server/api/panel/account-activity.ts: SEARCH audit USING INDEX audit_actor (actor=?)',
    'src-server/api/panel/account-activity.ts: SEARCH audit USING INDEX audit_subject (subject=?)',
    'src-server/api/panel/admin/member-list.ts: SCAN member USING INDEX member_name',
    'src-server/api/integration/gateway-log.ts: SCAN lease USING INDEX lease_begun',
    'src-server/api/integration/gateway-log.ts: SEARCH lease USING INDEX lease_begun (begun_at<?)',
    'src-server/api/integration/gateway-log.ts: SEARCH lease USING INDEX lease_begun (begun_at>?)',
  ],
  'goes through the people of the team, of whom there are thousands at most, for an administrator or a token, or once a minute':
    [
      'src-server/api/integration/directory-routes.ts: SCAN member',
      'src-server/people/password/stored-costs.ts: SCAN member',
      'src-server/api/panel/admin/member-list.ts: SCAN member',
      'src-server/api/panel/admin/overview.ts: SCAN member',
      'src-server/api/panel/admin/overview.ts: SCAN factor',
      'src-server/people/members/owner-rules.ts: SCAN member',
      'src-server/cli/members/member-commands.ts: SCAN member USING INDEX sqlite_autoindex_member_2',
      'src-server/cli/members/member-named.ts: SCAN member USING INDEX sqlite_autoindex_member_2',
      'src-server/cli/members/device-commands.ts: SCAN device',
      'src-server/cli/members/session-commands.ts: SCAN session',
    ],
  'once, when the database is brought up to date': ['src-server/db/account-schema.ts: SCAN member'],
  'purged from the oldest on, a limited number at a time': [
    'src-server/db/retention.ts: SEARCH lease USING INDEX lease_begun (begun_at<?)',
    'src-server/db/retention.ts: SEARCH newer USING INDEX session_member (member_id=?)',
  ],
  'when the people of one page were seen last, of all of their sessions': [
    'src-server/api/panel/admin/member-list.ts: SEARCH session USING INDEX session_member (member_id=?)',
  ],
  'after a restore all is gone through, once, while no server runs': [
    ...['sign_in_token', 'event', 'challenge', 'device', 'member'].map(
      (table) => `src-server/restore/after-restore.ts: SCAN ${table}`,
    ),
    ...['factor', 'backup_code', 'mail'].map((table) => `src-server/restore/void-proofs.ts: SCAN ${table}`),
  ],
  'the actions of every hour, for the filter of an administrator': [
    'src-server/api/panel/admin/audit-routes.ts: SCAN audit_hour',
  ],
};
const isException = new Set(Object.values(exceptions).flat());

/**
 * Each step of a statement's plan that reads through a table that grows, or through all of one row's past, as
 * `<file>: <step>`. SQLite plans by the schema alone where nobody ran `analyze`: how much lies in the tables makes no
 * difference, so an empty database shows what one with a large past would do.
 */
export async function queryPlanFaults(
  db: Db,
  statements: readonly { sql: string; file: string }[],
): Promise<string[]> {
  const faults: string[] = [];
  for (const { sql, file } of statements) {
    if (!/^\s*(select|insert|update|delete|with)\b/i.test(sql)) continue;
    const parameters = Array.from(sql.matchAll(/\?/g), () => null);
    const explain = CompiledQuery.raw(`explain query plan ${sql}`, parameters);
    const { rows } = await db.executeQuery<{ detail: string }>(explain);
    for (const { detail } of rows) {
      const fault = `${file}: ${detail}`;
      if (isSlow(detail, aliasesIn(sql)) && !isException.has(fault)) faults.push(`${fault}\n  ${sql}`);
    }
  }
  return faults;
}

/** Plans name a table as its statement does: `lease as l` is `l`. */
function aliasesIn(sql: string): Map<string, string> {
  const found = sql.matchAll(/\b(?:from|join|update)\s+"?(\w+)"?\s+as\s+"?(\w+)"?/gi);
  return new Map(Array.from(found, ([, table = '', alias = '']) => [alias, table]));
}

function isSlow(step: string, aliases: Map<string, string>): boolean {
  const [, scanned, by = ''] = /^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?/.exec(step) ?? [];
  if (scanned !== undefined)
    return GROWING.includes(aliases.get(scanned) ?? scanned) && !PRESENT_ONLY.includes(by);
  // It is made of the whole table, for this one run.
  const [, indexed] = /^SEARCH (\w+) .*\bAUTOMATIC\b/.exec(step) ?? [];
  if (indexed !== undefined) return GROWING.includes(aliases.get(indexed) ?? indexed);
  const [, index, found] = /USING (?:COVERING )?INDEX (\w+) \(([^)]*)\)/.exec(step) ?? [];
  return index !== undefined && ALL_OF_THE_PAST.includes(index) && /^\w+[=<>]+\?$/.test(found ?? '');
}

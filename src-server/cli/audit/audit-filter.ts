import { type Command, InvalidArgumentError, Option } from 'commander';
import { auditOutcome } from '../../../src-shared/panel/audit.ts';
import { ok, type Result } from '../../../src-shared/problem.ts';
import { readTime } from '../../../src-shared/typed-time.ts';
import type { AuditFilter } from '../../audit/audit-pages.ts';
import type { Db } from '../../db/database.ts';
import { gatewayNamed } from '../gateways/gateway-named.ts';
import { memberNamed, WHICH_MEMBER } from '../members/member-named.ts';

export interface AuditFilterOptions {
  search?: string;
  action?: string;
  member?: string;
  gateway?: string;
  outcome?: string;
  from?: number;
  to?: number;
}

/** Which rows of the audit log are wanted; all of it must fit. */
export function withAuditFilters(command: Command): Command {
  return command
    .option('--search <words>', 'each is the beginning of a word in names, addresses, actions or details')
    .option('--action <action>', 'such as member.disconnect')
    .option('--member <member>', `who did it or to whom it was done: ${WHICH_MEMBER}`)
    .option('--gateway <gateway>', 'likewise, by name or id')
    .addOption(new Option('--outcome <outcome>').choices(auditOutcome.options))
    .option('--from <time>', 'a day such as 2026-11-01 or a time such as 2026-11-01T12:00:00Z', timeOption)
    .option('--to <time>', 'likewise; only what is before it', timeOption);
}

/** Names become ids; `member-not-found`, `gateway-not-found`, or `invalid-request` for a name that several have. */
export async function auditFilterOf(db: Db, options: AuditFilterOptions): Promise<Result<AuditFilter>> {
  const { search, action, outcome, from, to } = options;
  const about: string[] = [];
  if (options.member !== undefined) {
    const member = await memberNamed(db, options.member);
    if (!member.ok) return member;
    about.push(`member:${member.value.id}`);
  }
  if (options.gateway !== undefined) {
    const gateway = await gatewayNamed(db, options.gateway);
    if (!gateway.ok) return gateway;
    about.push(`gateway:${gateway.value.id}`);
  }
  return ok({ search, action, outcome, from, to, ...(about.length > 0 ? { about } : {}) });
}

function timeOption(text: string): number {
  const read = readTime(text);
  if (!read.ok) throw new InvalidArgumentError(read.sentence);
  return read.at;
}

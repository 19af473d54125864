import type * as z from 'zod';
import { degradedBy } from '../../../../src-shared/gateway-channel.ts';
import type { AttentionItem, OverviewAnswer, overviewRange } from '../../../../src-shared/panel/overview.ts';
import { isGated, type Policy } from '../../../../src-shared/policy.ts';
import type { GatewayRegistry } from '../../../access/gateway/gateway-registry.ts';
import type { ReachedAddresses } from '../../../access/lease/reached-addresses.ts';
import { membersWithoutMfa } from '../../../access/policy/policy-preview.ts';
import { type AuditIndex, HOUR_MS } from '../../../audit/audit-index.ts';
import type { AuditVerifier } from '../../../audit/audit-verification.ts';
import type { Db } from '../../../db/database.ts';
import { readPolicy } from '../../../proof/policy/policy-store.ts';
import { computerItems } from './computer-items.ts';
import { iso, isoOrNull } from './cursor.ts';
import { liveLeases } from './member-list.ts';
import { certificateItems, mailItems, type ServiceState } from './service-items.ts';
import { tokenItems } from './token-items.ts';

const SHOWN_CONNECTIONS = 50;
const SHOWN_MEMBERS = 5;
/** How long counts are waited for when very many rows have not been counted yet (after an upgrade). */
export const COUNTS_WAIT_MS = 1_000;
const DAY_MS = 24 * HOUR_MS;
/** A gateway that has not confirmed for so long is worth a look. */
const UNCONFIRMED_MS = 60_000;

const ranges = {
  '24h': { bucketMs: HOUR_MS, buckets: 24 },
  '7d': { bucketMs: 6 * HOUR_MS, buckets: 28 },
  '30d': { bucketMs: DAY_MS, buckets: 30 },
} as const satisfies Record<z.infer<typeof overviewRange>, { bucketMs: number; buckets: number }>;

export interface OverviewParts {
  db: Db;
  gateways: Pick<GatewayRegistry, 'isOnline' | 'hostTroubles'>;
  index: AuditIndex;
  verifier: AuditVerifier;
  reached: Pick<ReachedAddresses, 'list'>;
  service: ServiceState;
  /** Hears what went wrong beside the answer. */
  onError: (error: unknown) => void;
}

/** What is going on now, what happened in the range, and what somebody should look at. */
export async function readOverview(
  parts: OverviewParts,
  range: z.infer<typeof overviewRange>,
  now: number,
): Promise<OverviewAnswer> {
  const { db, gateways: presence } = parts;
  const gateways = await db
    .selectFrom('gateway')
    .select(['id', 'name', 'last_seen_at'])
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute();
  const { connected } = await db
    .selectFrom('lease')
    .select((eb) => eb.fn.count<number>('member_id').distinct().as('connected'))
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  const { members } = await db
    .selectFrom('member')
    .select((eb) => eb.fn.countAll<number>().as('members'))
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow();
  const leases = await liveLeases(db, now)
    .innerJoin('member', 'member.id', 'lease.member_id')
    .select(['member.name as memberName', 'member.email'])
    .limit(SHOWN_CONNECTIONS)
    .execute();
  const { bucketMs } = ranges[range];
  return {
    range,
    now: {
      connected,
      members,
      gatewaysOnline: gateways.filter(({ id }) => presence.isOnline(id)).length,
      gatewaysDegraded: gateways.filter(({ id }) => degradedBy(presence.hostTroubles(id))).length,
      gateways: gateways.length,
    },
    connections: leases.map((lease) => ({
      leaseId: lease.leaseId,
      memberId: lease.memberId,
      memberName: lease.memberName,
      email: lease.email,
      deviceName: lease.deviceName,
      gatewayId: lease.gatewayId,
      gatewayName: lease.gatewayName,
      since: iso(lease.begunAt),
    })),
    bucketSeconds: bucketMs / 1000,
    series: await seriesOf(parts, range, now),
    attention: [
      ...certificateItems(parts.service, now),
      ...policyItems(await readPolicy(db)),
      ...auditItems(parts.verifier),
      ...gateways.flatMap(({ id, name, last_seen_at }): AttentionItem[] =>
        presence.isOnline(id)
          ? []
          : [{ kind: 'gateway-offline', gateway: { id, name }, lastSeenAt: isoOrNull(last_seen_at) }],
      ),
      ...gateways.flatMap(({ id, name }): AttentionItem[] => {
        const trouble = degradedBy(presence.hostTroubles(id));
        return trouble ? [{ kind: 'gateway-degraded', gateway: { id, name }, detail: trouble.detail }] : [];
      }),
      ...(await unconfirmed(db, now)),
      ...(await computerItems(db, parts.reached, now)),
      ...(await memberItems(db, now)),
      ...(await tokenItems(db, now)),
      ...(await mailItems(db, parts.service, now)),
    ],
  };
}

/** From the counts by hour, so that it costs the same whatever the length of the log. */
async function seriesOf(
  { db, index, onError }: OverviewParts,
  range: z.infer<typeof overviewRange>,
  now: number,
): Promise<OverviewAnswer['series']> {
  await index.catchUpFor(COUNTS_WAIT_MS, onError);
  const { bucketMs, buckets } = ranges[range];
  const last = Math.floor(now / bucketMs) * bucketMs;
  const first = last - (buckets - 1) * bucketMs;
  const rows = await db
    .selectFrom('audit_hour')
    .selectAll()
    .where('hour', '>=', first)
    .where('hour', '<', last + bucketMs)
    .execute();
  const series = Array.from({ length: buckets }, (_, at) => ({
    from: iso(first + at * bucketMs),
    disconnects: 0,
    stepUps: 0,
    refusals: 0,
  }));
  for (const { hour, action, outcome, count } of rows) {
    const point = series[Math.floor((hour - first) / bucketMs)];
    const kind = kindOf(action, outcome);
    if (point && kind) point[kind] += count;
  }
  return series;
}

function kindOf(action: string, outcome: string): 'disconnects' | 'stepUps' | 'refusals' | null {
  if (action === 'member.disconnect') return outcome === 'ok' ? 'disconnects' : null;
  const isProof = action.startsWith('proof.');
  if (isProof && outcome === 'ok') return 'stepUps';
  return (isProof || action.startsWith('sign-in.')) && outcome === 'refused' ? 'refusals' : null;
}

function policyItems(policy: Policy): AttentionItem[] {
  if (!isGated(policy)) return [{ kind: 'no-gate' }];
  return policy.unlockPriorConnection && policy.unlockMethods.length === 0
    ? [{ kind: 'no-unlock-method' }]
    : [];
}

function auditItems({ state: { state, brokenAt } }: AuditVerifier): AttentionItem[] {
  return state === 'broken' && brokenAt !== null ? [{ kind: 'audit-broken', brokenAt }] : [];
}

async function unconfirmed(db: Db, now: number): Promise<AttentionItem[]> {
  const { count } = await db
    .selectFrom('lease')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('ended_at', 'is not', null)
    .where('enforced_at', 'is', null)
    .where('ended_at', '<', now - UNCONFIRMED_MS)
    .executeTakeFirstOrThrow();
  return count > 0 ? [{ kind: 'end-unconfirmed', count }] : [];
}

type Counted = 'members-without-mfa' | 'factor-disabled' | 'reset-pending';

async function memberItems(db: Db, now: number): Promise<AttentionItem[]> {
  const { mfaRequired } = await readPolicy(db);
  const present = db.selectFrom('member').where('member.removed_at', 'is', null);
  const disabled = present
    .innerJoin('factor', 'factor.member_id', 'member.id')
    .where('factor.state', '=', 'active')
    .where('factor.is_disabled', '=', 1);
  const pending = present
    .innerJoin('mfa_reset', 'mfa_reset.member_id', 'member.id')
    .where('mfa_reset.used_at', 'is', null)
    .where('mfa_reset.withdrawn_at', 'is', null)
    .where('mfa_reset.expires_at', '>', now);
  const columns = ['member.id', 'member.name'] as const;
  const item = (kind: Counted, members: { id: string; name: string }[]): AttentionItem[] =>
    members.length === 0 ? [] : [{ kind, count: members.length, members: members.slice(0, SHOWN_MEMBERS) }];
  const isRequired = mfaRequired.client || mfaRequired.panel;
  return [
    ...(isRequired ? item('members-without-mfa', await membersWithoutMfa(db).select(columns).execute()) : []),
    ...item('factor-disabled', await disabled.select(columns).execute()),
    ...item('reset-pending', await pending.select(columns).execute()),
  ];
}

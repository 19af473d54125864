import { agentGaps } from '../../../src-shared/agent-gaps.ts';
import { degradedBy } from '../../../src-shared/gateway-channel.ts';
import { agentOf } from '../../access/gateway/gateway-agent.ts';
import { hostTroublesOf, isHeardLately } from '../../access/gateway/gateway-health.ts';
import { settingsOf } from '../../access/gateway/gateway-settings.ts';
import { gatewayTokenView } from '../../access/gateway/gateway-token.ts';
import { isServerRunning } from '../../db/database-lock.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { valueOr } from '../refusal.ts';
import { type CommonOptions, print, shortTime, withServerFiles } from '../run-command.ts';
import { gatewayNamed } from './gateway-named.ts';

/** `gateway list`: one line each. */
export async function listGateways(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const rows = await ctx.database.db
      .selectFrom('gateway')
      .selectAll()
      .where('removed_at', 'is', null)
      .orderBy('name')
      .execute();
    const isRunning = isServerRunning(ctx.config.databaseFile);
    print(
      options,
      rows.map((row) => viewOf(row, ctx.now(), isRunning)),
      rows.map((row) =>
        [row.id, row.name, subnetsText(row), row.endpoint ?? '-', agentText(row, ctx.now(), isRunning)].join(
          '  ',
        ),
      ),
    );
  });
}

/** `gateway show`: one gateway with its settings. */
export async function showGateway(gateway: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const row = valueOr(options, await gatewayNamed(ctx.database.db, gateway));
    if (!row) return;
    const isRunning = isServerRunning(ctx.config.databaseFile);
    const view = viewOf(row, ctx.now(), isRunning);
    const listed = (items: readonly (string | number)[], none = 'none') => items.join(', ') || none;
    const facts = {
      id: view.id,
      subnet: subnetsText(row),
      endpoint: view.endpoint ?? 'not known yet',
      'alternate ports': listed(view.alternatePorts),
      networks: listed(view.allowedIps),
      'DNS servers': listed(view.dns),
      'for domains': listed(view.dnsDomains, 'all'),
      'search domains': listed(view.dnsSearch),
      MTU: view.mtu,
      keepalive: `${view.keepaliveSeconds} s`,
      agent: agentText(row, ctx.now(), isRunning),
      token: tokenText(view.token),
    };
    print(options, view, [
      view.name,
      ...Object.entries(facts).map(([name, fact]) => `  ${name.padEnd(15)}  ${fact}`),
      ...(view.lastSeenAt === null ? [] : agentGaps(view)).map(
        (feature) => `  note             ${TOO_OLD[feature]}`,
      ),
      ...view.hostTroubles.flatMap(({ detail, remedy }) => [
        `  trouble          ${detail}`,
        ...(remedy === null ? [] : [`                   ${remedy}`]),
      ]),
    ]);
  });
}

const TOO_OLD = {
  'alternate-ports': 'Its agent is too old for alternate ports: no client is sent to them.',
  addresses: 'Its agent is too old for a second subnet: devices get no IPv6 address.',
} as const;

function viewOf(row: GatewayRow, now: number, isRunning: boolean) {
  const { isOnline, offlineSince } = presenceOf(row, now, isRunning);
  return {
    id: row.id,
    name: row.name,
    subnet: row.subnet,
    endpoint: row.endpoint,
    publicKey: row.public_key,
    isOnline,
    offlineSince: offlineSince === null ? null : new Date(offlineSince).toISOString(),
    lastSeenAt: row.last_seen_at > 0 ? new Date(row.last_seen_at).toISOString() : null,
    ...settingsOf(row),
    token: gatewayTokenView(row),
    agent: agentOf(row),
    hostTroubles: hostTroublesOf(row, now),
  };
}

function subnetsText({ subnet, subnet6 }: GatewayRow): string {
  return subnet6 === null ? subnet : `${subnet}, ${subnet6}`;
}

/** `isOnline` is null where no server runs that could hear it. */
function presenceOf(
  row: GatewayRow,
  now: number,
  isRunning: boolean,
): { isOnline: boolean | null; offlineSince: number | null } {
  if (!isRunning) return { isOnline: null, offlineSince: null };
  const isOnline = isHeardLately(row, now);
  return { isOnline, offlineSince: isOnline || row.last_seen_at === 0 ? null : row.last_seen_at };
}

function agentText(row: GatewayRow, now: number, isRunning: boolean): string {
  if (row.last_seen_at === 0) return 'never seen';
  const version = agentOf(row)?.version ?? 'unknown version';
  const seen = shortTime(row.last_seen_at);
  if (!isRunning) return `${version}, seen ${seen}; no server runs here to hear it`;
  if (!isHeardLately(row, now)) return `${version}, offline since ${seen}`;
  return `${version}, online${degradedBy(hostTroublesOf(row, now)) ? ', degraded' : ''}`;
}

function tokenText({ madeAt, next }: ReturnType<typeof gatewayTokenView>): string {
  const time = (iso: string) => shortTime(Date.parse(iso));
  if (next === null) return `made ${time(madeAt)}`;
  return `a new one of ${time(next.madeAt)} waits for the agent; the old one ends ${time(next.oldEndsAt)} at the latest`;
}

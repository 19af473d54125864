import { agentGaps } from '../../src-shared/agent-gaps.ts';
import { degradedBy } from '../../src-shared/gateway-channel.ts';
import { agentOf } from '../access/gateway/gateway-agent.ts';
import { hostTroublesOf } from '../access/gateway/gateway-health.ts';
import { settingsOf } from '../access/gateway/gateway-settings.ts';
import type { Db } from '../db/database.ts';
import type { GatewayRow } from '../db/schema.ts';
import { type CommonOptions, EXIT_FAILED, print, refuse, shortTime, withServerFiles } from './run-command.ts';

/** `gateway list`: one line each. */
export async function listGateways(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const rows = await ctx.database.db
      .selectFrom('gateway')
      .selectAll()
      .where('removed_at', 'is', null)
      .orderBy('name')
      .execute();
    print(
      options,
      rows.map((row) => viewOf(row, ctx.now())),
      rows.map((row) =>
        [row.id, row.name, subnetsText(row), row.endpoint ?? '-', agentText(row, ctx.now())].join('  '),
      ),
    );
  });
}

/** `gateway show`: one gateway with its settings. */
export async function showGateway(gateway: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const row = await gatewayNamed(ctx.database.db, gateway);
    if (!row) {
      refuse([`There is no gateway ${gateway}.`], EXIT_FAILED);
      return;
    }
    const view = viewOf(row, ctx.now());
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
      agent: agentText(row, ctx.now()),
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

/** By its id or its name; undefined when there is none, or none any more. */
export function gatewayNamed(db: Db, text: string): Promise<GatewayRow | undefined> {
  return db
    .selectFrom('gateway')
    .selectAll()
    .where('removed_at', 'is', null)
    .where((eb) => eb.or([eb('id', '=', text.toLowerCase()), eb('name', '=', text.normalize('NFC'))]))
    .executeTakeFirst();
}

const TOO_OLD = {
  'alternate-ports': 'Its agent is too old for alternate ports: no client is sent to them.',
  addresses: 'Its agent is too old for a second subnet: devices get no IPv6 address.',
} as const;

function viewOf(row: GatewayRow, now: number) {
  return {
    id: row.id,
    name: row.name,
    subnet: row.subnet,
    endpoint: row.endpoint,
    publicKey: row.public_key,
    lastSeenAt: row.last_seen_at > 0 ? new Date(row.last_seen_at).toISOString() : null,
    ...settingsOf(row),
    agent: agentOf(row),
    hostTroubles: hostTroublesOf(row, now),
  };
}

function subnetsText({ subnet, subnet6 }: GatewayRow): string {
  return subnet6 === null ? subnet : `${subnet}, ${subnet6}`;
}

function agentText(row: GatewayRow, now: number): string {
  if (row.last_seen_at === 0) return 'never seen';
  const degraded = degradedBy(hostTroublesOf(row, now)) ? ', degraded' : '';
  return `${agentOf(row)?.version ?? 'unknown version'}, seen ${shortTime(row.last_seen_at)}${degraded}`;
}

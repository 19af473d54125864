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
      rows.map(viewOf),
      rows.map((row) => [row.id, row.name, row.subnet, row.endpoint ?? '-', seenText(row)].join('  ')),
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
    const view = viewOf(row);
    const listed = (items: readonly (string | number)[], none = 'none') => items.join(', ') || none;
    const facts = {
      id: view.id,
      subnet: view.subnet,
      endpoint: view.endpoint ?? 'not known yet',
      'alternate ports': listed(view.alternatePorts),
      networks: listed(view.allowedIps),
      'DNS servers': listed(view.dns),
      'for domains': listed(view.dnsDomains, 'all'),
      'search domains': listed(view.dnsSearch),
      MTU: view.mtu,
      keepalive: `${view.keepaliveSeconds} s`,
      agent: seenText(row),
    };
    print(options, view, [
      view.name,
      ...Object.entries(facts).map(([name, fact]) => `  ${name.padEnd(15)}  ${fact}`),
    ]);
  });
}

/** By its id or its name; undefined when there is none, or none any more. */
export function gatewayNamed(db: Db, text: string): Promise<GatewayRow | undefined> {
  return db
    .selectFrom('gateway')
    .selectAll()
    .where('removed_at', 'is', null)
    .where((eb) => eb.or([eb('id', '=', text.toLowerCase()), eb('name', '=', text)]))
    .executeTakeFirst();
}

function viewOf(row: GatewayRow) {
  return {
    id: row.id,
    name: row.name,
    subnet: row.subnet,
    endpoint: row.endpoint,
    publicKey: row.public_key,
    lastSeenAt: row.last_seen_at > 0 ? new Date(row.last_seen_at).toISOString() : null,
    ...settingsOf(row),
  };
}

function seenText(row: GatewayRow): string {
  return row.last_seen_at > 0 ? `seen ${shortTime(row.last_seen_at)}` : 'never seen';
}

import type { Peer } from '../../../src-shared/gateway-channel.ts';
import { textList } from '../../../src-shared/primitives.ts';
import type { ServerContext } from '../../context.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { gatewayAddresses, hostCidrs } from '../lease/address-pool.ts';
import { canAgent } from './gateway-agent.ts';
import type { GatewayTruth } from './gateway-registry.ts';
import { alternatePortsOf, subnet6Of } from './gateway-settings.ts';

/** What the gateway's agent has to carry out now, as far as it can. Nothing of a gateway that is not there. */
export async function readTruth(ctx: ServerContext, gatewayId: string): Promise<GatewayTruth> {
  const row = await ctx.database.db
    .selectFrom('gateway')
    .selectAll()
    .where('id', '=', gatewayId)
    .executeTakeFirst();
  if (!row) return { peers: [], networks: [] };
  const subnet6 = subnet6Of(row);
  const subnets = [row.subnet, ...(subnet6 === null ? [] : [subnet6])];
  return {
    peers: await livePeersOf(ctx, row),
    networks: textList.parse(JSON.parse(row.allowed_ips_json)),
    ...(canAgent(row, 'alternate-ports') ? { alternatePorts: alternatePortsOf(row) } : {}),
    ...(canAgent(row, 'addresses') ? { addresses: gatewayAddresses(subnets) } : {}),
  };
}

async function livePeersOf(ctx: ServerContext, gateway: GatewayRow): Promise<Peer[]> {
  const rows = await ctx.database.db
    .selectFrom('lease')
    .select(['id', 'wg_public_key', 'preshared_key_sealed', 'address', 'address6', 'expires_at'])
    .where('gateway_id', '=', gateway.id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', ctx.now())
    .execute();
  const hasBoth = canAgent(gateway, 'addresses');
  return rows.map((row) => ({
    publicKey: row.wg_public_key,
    presharedKey: Buffer.from(ctx.keys.sealedBox.open(row.preshared_key_sealed)).toString('base64url'),
    allowedIps: hostCidrs({ address: row.address, address6: hasBoth ? row.address6 : null }),
    leaseId: row.id,
    expiresAt: new Date(row.expires_at).toISOString(),
  }));
}

import ipaddr from 'ipaddr.js';
import { hostBits } from '../../../src-shared/device-networks.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';

/** Host numbers 0 (network) and 1 (the gateway itself) are never given out. */
const FIRST_HOST = 2;

/** Address number `host` of a subnet, without prefix length. `10.86.0.0/24`, 2 → `10.86.0.2`. */
export function hostAddress(subnet: string, host: number): string {
  const [network, bits] = ipaddr.parseCIDR(subnet);
  const bytes = network.toByteArray();
  let carry = host;
  for (let index = bytes.length - 1; index >= 0 && carry > 0; index--) {
    carry += bytes[index] ?? 0;
    bytes[index] = carry & 0xff;
    carry >>>= 8;
  }
  const address = ipaddr.fromByteArray(bytes);
  if (!address.match(network as ipaddr.IPv4 & ipaddr.IPv6, bits))
    throw new RangeError(`host ${host} is outside ${subnet}`);
  return address.toString();
}

/** Each address as a network of its own. */
export function hostCidrs({ address, address6 }: DeviceAddresses): string[] {
  const addresses = address6 === null ? [address] : [address, address6];
  return addresses.map((one) => `${one}/${one.includes(':') ? 128 : 32}`);
}

/** The gateway's own address in each of its networks, with the length of the network. */
export function gatewayAddresses(subnets: readonly string[]): string[] {
  return subnets.map((subnet) => `${hostAddress(subnet, 1)}/${ipaddr.parseCIDR(subnet)[1]}`);
}

/** How many host numbers a subnet has for devices (the last is broadcast in IPv4). */
function lastHost(subnet: string): number {
  return 2 ** hostBits(subnet) - 2;
}

/** A device's own, without prefix length; `address6` beside an IPv4 `address`, of the same number. */
export interface DeviceAddresses {
  address: string;
  address6: string | null;
}

/**
 * The addresses of a device on a gateway: always the same ones, so that a reconnect changes nothing but keys.
 * When all are taken, the device that was seen longest ago and holds no lease gives its own up; null when every
 * address is in use. `subnet6` has room for as many devices as `subnet` (`mistakeInSubnet6`).
 */
export async function addressesFor(
  tx: Tx,
  input: { gatewayId: string; deviceId: string; subnet: string; subnet6: string | null },
): Promise<DeviceAddresses | null> {
  const { gatewayId, deviceId, subnet, subnet6 } = input;
  const inBoth = (host: number): DeviceAddresses => ({
    address: hostAddress(subnet, host),
    address6: subnet6 === null ? null : hostAddress(subnet6, host),
  });
  const { rows } = await hostOf(tx, { gatewayId, deviceId });
  const [own] = rows;
  if (own) return inBoth(own.host);
  const host = (await freeHost(tx, gatewayId, lastHost(subnet))) ?? (await reclaimHost(tx, gatewayId));
  if (host === null) return null;
  await tx
    .insertInto('gateway_address')
    .values({ gateway_id: gatewayId, device_id: deviceId, host })
    .execute();
  return inBoth(host);
}

const hostOf = prepared<{ gatewayId: string; deviceId: string }, { host: number }>((db, param) =>
  db
    .selectFrom('gateway_address')
    .select('host')
    .where('gateway_id', '=', param('gatewayId'))
    .where('device_id', '=', param('deviceId')),
);

async function freeHost(tx: Tx, gatewayId: string, last: number): Promise<number | null> {
  const rows = await tx
    .selectFrom('gateway_address')
    .select('host')
    .where('gateway_id', '=', gatewayId)
    .orderBy('host')
    .execute();
  let candidate = FIRST_HOST;
  for (const { host } of rows) {
    if (host > candidate) break;
    if (host === candidate) candidate++;
  }
  return candidate <= last ? candidate : null;
}

async function reclaimHost(tx: Tx, gatewayId: string): Promise<number | null> {
  const row = await tx
    .selectFrom('gateway_address')
    .innerJoin('device', 'device.id', 'gateway_address.device_id')
    .select(['gateway_address.device_id', 'gateway_address.host'])
    .where('gateway_address.gateway_id', '=', gatewayId)
    // Two questions, each with an index of its own: one would read all leases that the device ever had.
    .where((eb) => {
      const ofHolder = eb
        .selectFrom('lease')
        .select('lease.id')
        .whereRef('lease.device_id', '=', 'gateway_address.device_id');
      const live = ofHolder.where('ended_at', 'is', null);
      const unenforced = ofHolder.where('ended_at', 'is not', null).where('enforced_at', 'is', null);
      return eb.and([eb.not(eb.exists(live)), eb.not(eb.exists(unenforced))]);
    })
    .orderBy('device.last_seen_at')
    .limit(1)
    .executeTakeFirst();
  if (!row) return null;
  await tx
    .deleteFrom('gateway_address')
    .where('gateway_id', '=', gatewayId)
    .where('device_id', '=', row.device_id)
    .execute();
  return row.host;
}

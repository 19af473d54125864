import { isDeepStrictEqual } from 'node:util';
import ipaddr from 'ipaddr.js';
import {
  canonicalNetwork,
  mistakeInSubnet6,
  networkAddress,
  SUBNET6_BITS,
} from '../../../src-shared/device-networks.ts';
import { type GatewayTrouble, gatewayTroubles } from '../../../src-shared/gateway-troubles.ts';
import type { GatewayChange } from '../../../src-shared/panel/gateways.ts';
import { splitEndpoint } from '../../../src-shared/primitives.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { isReachable } from '../../config.ts';
import type { Tx } from '../../db/database.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { hashToken, newId, newToken } from '../../tokens.ts';
import { columnsOf, type GatewaySettings, mistakeInSettings, settingsOf } from './gateway-settings.ts';

export interface NewGateway extends GatewaySettings {
  name: string;
  /** CIDR: the devices' addresses. */
  subnet: string;
  actor: string;
  ip?: string | null;
  now: number;
}

interface AddedGateway {
  id: string;
  token: string;
  /** Both without host bits. */
  subnet: string;
  subnet6: string | null;
  troubles: GatewayTrouble[];
}

interface GatewayEdit {
  id: string;
  change: GatewayChange;
  actor: string;
  ip?: string | null;
  now: number;
}

/** Adds a gateway; the token that its agent signs in with is in the answer and nowhere else. */
export async function addGateway(tx: Tx, gateway: NewGateway): Promise<Result<AddedGateway>> {
  const { name, subnet: _, actor, ip = null, now, ...given } = gateway;
  const settings = inCanonicalForm(given);
  const [address, bits] = ipaddr.parseCIDR(gateway.subnet);
  if (bits > (address.kind() === 'ipv4' ? 30 : 126))
    return fail('invalid-request', `subnet: ${gateway.subnet} has no room for a gateway and a device`);
  const subnet = canonicalNetwork(gateway.subnet);
  if (!isReachable(networkAddress(gateway.subnet)))
    return fail('invalid-request', `subnet: no device can have an address of ${subnet}`);
  const others = await livingGateways(tx);
  const mistake =
    mistakeInFamilies(subnet, settings.subnet6) ?? mistakeInSettings(settings) ?? mistakeInName(name, others);
  if (mistake) return fail('invalid-request', mistake);
  const id = newId(now);
  const token = newToken();
  await tx
    .insertInto('gateway')
    .values({
      id,
      name,
      token_hash: hashToken(token),
      public_key: null,
      endpoint: null,
      subnet,
      ...columnsOf(settings),
      settings_at: 0,
      created_at: now,
      removed_at: null,
      last_seen_at: 0,
    })
    .execute();
  const { subnet6, allowedIps, dns, dnsDomains, dnsSearch, alternatePorts } = settings;
  const details = { name, subnet, subnet6, allowedIps, dns, dnsDomains, dnsSearch, alternatePorts };
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'gateway.add',
    subject: `gateway:${id}`,
    outcome: 'ok',
    ip,
    details,
  });
  return ok({ id, token, subnet, subnet6, troubles: gatewayTroubles({ ...settings, subnet }, others) });
}

/**
 * Changes what is named. `gateway-not-found`, or `invalid-request` with what does not fit. Leases keep what they were
 * given, but for addresses of an IPv6 network that is gone; where members may go, and on which ports, changes with the
 * agent's next sync. `endsIpv6`: the network of these addresses is gone, or another.
 */
export async function editGateway(
  tx: Tx,
  { id, change, actor, ip = null, now }: GatewayEdit,
): Promise<Result<{ troubles: GatewayTrouble[]; endsIpv6: boolean }>> {
  const all = await livingGateways(tx);
  const row = all.find((gateway) => gateway.id === id);
  if (!row) return fail('gateway-not-found');
  const before = { name: row.name, ...settingsOf(row) };
  const after = inCanonicalForm({
    name: change.name ?? before.name,
    subnet6: change.subnet6 === undefined ? before.subnet6 : change.subnet6,
    allowedIps: change.allowedIps ?? before.allowedIps,
    dns: change.dns ?? before.dns,
    dnsDomains: change.dnsDomains ?? before.dnsDomains,
    dnsSearch: change.dnsSearch ?? before.dnsSearch,
    alternatePorts: change.alternatePorts ?? before.alternatePorts,
    mtu: change.mtu ?? before.mtu,
    keepaliveSeconds: change.keepaliveSeconds ?? before.keepaliveSeconds,
  });
  const others = all.filter((gateway) => gateway.id !== id);
  const mistake =
    mistakeInFamilies(row.subnet, after.subnet6) ??
    mistakeInSettings(after) ??
    mistakeInPorts(change.alternatePorts ?? [], row.endpoint) ??
    mistakeInName(after.name, others);
  if (mistake) return fail('invalid-request', mistake);
  const changed = (Object.keys(after) as (keyof typeof after)[]).filter(
    (field) => !isDeepStrictEqual(before[field], after[field]),
  );
  if (changed.length > 0) {
    await tx
      .updateTable('gateway')
      .set({
        name: after.name,
        ...columnsOf(after),
        ...(changed.some((field) => field !== 'name')
          ? { settings_at: Math.max(now, row.settings_at + 1) }
          : {}),
      })
      .where('id', '=', id)
      .execute();
    if (changed.includes('subnet6')) await takeAddresses6(tx, id);
    const details = Object.fromEntries(
      changed.map((field) => [field, { from: before[field], to: after[field] }]),
    );
    await appendAudit(tx, {
      at: now,
      actor,
      action: 'gateway.edit',
      subject: `gateway:${id}`,
      outcome: 'ok',
      ip,
      details,
    });
  }
  const endsIpv6 = before.subnet6 !== null && before.subnet6 !== after.subnet6;
  return ok({ troubles: gatewayTroubles({ ...after, subnet: row.subnet }, others), endsIpv6 });
}

function livingGateways(tx: Tx): Promise<GatewayRow[]> {
  return tx.selectFrom('gateway').selectAll().where('removed_at', 'is', null).execute();
}

/** Out of a network that the gateway has no more, an address might be another device's in the new one. */
async function takeAddresses6(tx: Tx, gatewayId: string): Promise<void> {
  await tx
    .updateTable('lease')
    .set({ address6: null })
    .where('gateway_id', '=', gatewayId)
    .where('ended_at', 'is', null)
    .execute();
}

function inCanonicalForm<T extends Pick<GatewaySettings, 'subnet6' | 'dnsDomains' | 'dnsSearch'>>(
  settings: T,
): T {
  const { subnet6, dnsDomains, dnsSearch } = settings;
  return {
    ...settings,
    subnet6: subnet6 === null ? null : canonicalNetwork(subnet6),
    dnsDomains: [...new Set(dnsDomains)],
    dnsSearch: [...new Set(dnsSearch)],
  };
}

function mistakeInFamilies(subnet: string, subnet6: string | null): string | null {
  if (subnet6 === null) return null;
  const { least, most } = SUBNET6_BITS;
  switch (mistakeInSubnet6(subnet, subnet6)) {
    case null:
      return null;
    case 'family':
      return `subnet6: ${subnet6} is not IPv6`;
    case 'twice':
      return `subnet6: the subnet ${subnet} is IPv6 already`;
    case 'size':
      return `subnet6: ${subnet6} is no network from /${least} to /${most}`;
    case 'range':
      return `subnet6: no device can have an address of ${subnet6}: ${whyNoDevice(networkAddress(subnet6))}`;
    case 'room':
      return `subnet6: ${subnet6} has room for fewer devices than ${subnet}`;
  }
}

const SPECIAL_RANGES: Record<string, string> = {
  linkLocal: 'link-local addresses are good on one link alone',
  multicast: 'these addresses are for multicast',
  loopback: 'this is the loopback address',
  unspecified: 'the unspecified address is nobody’s',
  deprecatedSiteLocal: 'site-local addresses are out of use (RFC 3879)',
  ipv4Mapped: 'these stand for IPv4 addresses',
};
const DOCUMENTATION = ['2001:db8::/32', '3fff::/20'];

/** `address`: neither global unicast nor unique local. */
function whyNoDevice(address: string): string {
  const parsed = ipaddr.IPv6.parse(address);
  if (DOCUMENTATION.some((network) => parsed.match(ipaddr.IPv6.parseCIDR(network))))
    return 'these addresses are for documentation';
  return SPECIAL_RANGES[parsed.range()] ?? 'these addresses are set aside for another use';
}

function mistakeInName(name: string, others: readonly { name: string }[]): string | null {
  return others.some((other) => other.name === name) ? `name: there is a gateway "${name}" already` : null;
}

/** Which port is the gateway's own is known once its agent has come. */
function mistakeInPorts(ports: readonly number[], endpoint: string | null): string | null {
  const own = endpoint === null ? null : splitEndpoint(endpoint).port;
  return ports.some((port) => port === own) ? `alternatePorts: ${own} is the gateway's own port` : null;
}

import ipaddr from 'ipaddr.js';
import {
  type GatewayTrouble,
  gatewayTroubles,
  MAX_NETWORKS,
  MAX_RESOLVERS,
} from '../../../src-shared/gateway-troubles.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Tx } from '../../db/database.ts';
import { hashToken, newId, newToken } from '../../tokens.ts';

export interface NewGateway {
  name: string;
  /** CIDR: the devices' addresses. */
  subnet: string;
  /** CIDR list: what the clients send through the tunnel. */
  allowedIps: string[];
  dns: string[];
  mtu: number;
  keepaliveSeconds: number;
  actor: string;
  ip?: string | null;
  now: number;
}

/** Adds a gateway; the token that its agent signs in with is in the answer and nowhere else. */
export async function addGateway(
  tx: Tx,
  gateway: NewGateway,
): Promise<Result<{ id: string; token: string; subnet: string; troubles: GatewayTrouble[] }>> {
  const { name, allowedIps, dns, mtu, keepaliveSeconds, actor, ip = null, now } = gateway;
  const [address, bits] = ipaddr.parseCIDR(gateway.subnet);
  if (bits > (address.kind() === 'ipv4' ? 30 : 126))
    return fail('invalid-request', `subnet: ${gateway.subnet} has no room for a gateway and a device`);
  if (allowedIps.length > MAX_NETWORKS)
    return fail('invalid-request', `allowedIps: ${allowedIps.length} networks, at most ${MAX_NETWORKS}`);
  if (dns.length > MAX_RESOLVERS)
    return fail('invalid-request', `dns: ${dns.length} servers, at most ${MAX_RESOLVERS}`);
  const subnet = `${networkAddress(gateway.subnet)}/${bits}`;
  const others = await tx
    .selectFrom('gateway')
    .select(['name', 'subnet'])
    .where('removed_at', 'is', null)
    .execute();
  if (others.some((other) => other.name === name))
    return fail('invalid-request', `name: there is a gateway "${name}" already`);
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
      allowed_ips_json: JSON.stringify(allowedIps),
      dns_json: JSON.stringify(dns),
      mtu,
      keepalive_seconds: keepaliveSeconds,
      created_at: now,
      removed_at: null,
      last_seen_at: 0,
    })
    .execute();
  const details = { name, subnet, allowedIps, dns };
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'gateway.add',
    subject: `gateway:${id}`,
    outcome: 'ok',
    ip,
    details,
  });
  return ok({ id, token, subnet, troubles: gatewayTroubles(gateway, others) });
}

function networkAddress(subnet: string): string {
  return ipaddr.IPv4.isValidCIDR(subnet)
    ? ipaddr.IPv4.networkAddressFromCIDR(subnet).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(subnet).toString();
}

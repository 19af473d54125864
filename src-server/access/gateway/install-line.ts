import { gatewayAddresses, hostAddress } from '../lease/address-pool.ts';
import { withToken } from './gateway-token.ts';

/**
 * What a new gateway's root runs once: it writes token and configuration, and starts the agent. `ENDPOINT` is for the
 * reader to fill in: the server cannot know where clients reach the machine. Everything in it is of our own making but
 * the subnet, which is a network in canonical form. The agent hears its IPv6 address from the server.
 */
export function installLine(input: {
  /** The server's public URL. */
  issuer: string;
  gatewayId: string;
  token: string;
  /** CIDR; the first address is the gateway's own. */
  subnet: string;
  mtu: number;
  /** The resolvers of its members; it may be one itself. */
  dns: readonly string[];
}): string {
  const { issuer, gatewayId, token, subnet, mtu, dns } = input;
  const own = hostAddress(subnet, 1);
  const command = [
    'postern-gateway install',
    `--server ${issuer}`,
    `--gateway ${gatewayId}`,
    `--address ${gatewayAddresses([subnet]).join()}`,
    `--mtu ${mtu}`,
    ...(dns.includes(own) ? ['--services udp/53,tcp/53'] : []),
    '--endpoint ADDRESS:51820',
  ].join(' ');
  return withToken(token, command);
}

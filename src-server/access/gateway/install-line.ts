import { hostAddress } from '../lease/address-pool.ts';

/**
 * What a new gateway's root runs once: it writes token and configuration, and starts the agent. `ENDPOINT` is for the
 * reader to fill in: the server cannot know where clients reach the machine. Everything in it is of our own making but
 * the subnet, which is a network in canonical form.
 */
export function installLine(input: {
  /** The server's public URL. */
  issuer: string;
  gatewayId: string;
  token: string;
  /** CIDR; the first address is the gateway's own. */
  subnet: string;
  mtu: number;
}): string {
  const { issuer, gatewayId, token, subnet, mtu } = input;
  const address = `${hostAddress(subnet, 1)}/${subnet.slice(subnet.indexOf('/') + 1)}`;
  return [
    'postern-gateway install',
    `--server ${issuer}`,
    `--gateway ${gatewayId}`,
    `--token ${token}`,
    `--address ${address}`,
    `--mtu ${mtu}`,
    '--endpoint ADDRESS:51820',
  ].join(' ');
}

import { assertNever } from '../../../src-shared/assert-never.ts';
import type { GatewayTrouble } from '../../../src-shared/gateway-troubles.ts';

/** For whoever has just typed the options. */
export function gatewayTroubleText({ code, value }: GatewayTrouble): string {
  switch (code) {
    case 'names-stay-here':
      return value === ''
        ? 'Everything goes through the tunnel, but names are asked of the network that a member is on: set --dns.'
        : `Everything goes through the tunnel, but all names outside ${value} are asked of the network that a member is on: leave --dns-domains out to have every name asked inside.`;
    case 'resolver-outside':
      return `The name server ${value} is in none of the networks of --allowed-ips, so nobody reaches it through the tunnel.`;
    case 'ipv6-refused':
      return 'IPv6 in --allowed-ips is refused on the laptops: the gateway has no IPv6 subnet. Add one with --subnet6, or leave IPv6 out.';
    case 'ipv4-refused':
      return 'IPv4 in --allowed-ips is refused on the laptops: the gateway has no IPv4 subnet.';
    case 'ipv6-beside':
      return value === ''
        ? 'IPv6 of the members leaves beside the tunnel: add ::/0 to --allowed-ips to have it refused, and --subnet6 to have it go through.'
        : 'IPv6 of the members leaves beside the tunnel: add ::/0 to --allowed-ips to have it go through.';
    case 'domains-without-resolver':
      return '--dns-domains and --dns-search do nothing without a name server: set --dns.';
    case 'subnet-overlap':
      return `The subnet shares addresses with that of the gateway ${value}.`;
    case 'subnet-behind':
      return `The devices' network is also one behind the gateway (${value} in --allowed-ips): what has these addresses there is not reached, and the first is the gateway's own. It is right only where members are to reach each other (memberToMember).`;
    default:
      return assertNever(code);
  }
}

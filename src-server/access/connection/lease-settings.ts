import type { HelperFeature } from '../../../src-shared/helper-rpc.ts';
import type { LeaseClaims } from '../../../src-shared/lease.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { alternatePortsOf, settingsOf } from '../gateway/gateway-settings.ts';

type LeaseSettings = Pick<
  LeaseClaims['wg'],
  'allowedIps' | 'dns' | 'mtu' | 'keepaliveSeconds' | 'alternatePorts'
>;

/**
 * What a lease takes from the gateway's settings, as far as a helper with these features can read it. One that cannot
 * tell domains apart asks the gateway's resolvers for every name.
 */
export function leaseSettings(gateway: GatewayRow, features: readonly string[]): LeaseSettings {
  const { allowedIps, dns, dnsDomains, dnsSearch, mtu, keepaliveSeconds } = settingsOf(gateway);
  const can = (feature: HelperFeature) => features.includes(feature);
  const names = {
    ...(dnsDomains.length > 0 ? { domains: dnsDomains } : {}),
    ...(dnsSearch.length > 0 ? { search: dnsSearch } : {}),
  };
  // Without a resolver there is nobody to ask for the names of a domain.
  const areNamesTold = dns.length > 0 && Object.keys(names).length > 0 && can('dns-domains');
  const alternatePorts = alternatePortsOf(gateway);
  return {
    allowedIps,
    dns: areNamesTold ? { servers: dns, ...names } : dns,
    mtu,
    keepaliveSeconds,
    ...(alternatePorts.length > 0 && can('alternate-ports') ? { alternatePorts } : {}),
  };
}

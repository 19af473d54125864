import type { GatewayFeature } from './gateway-channel.ts';

/** Of what is set for a gateway, what its agent is too old to carry out; one that says nothing of itself carries out none. */
export function agentGaps(gateway: {
  alternatePorts: readonly number[];
  subnet6: string | null;
  agent: { features: readonly string[] } | null;
}): Extract<GatewayFeature, 'alternate-ports' | 'addresses'>[] {
  const isSet = {
    'alternate-ports': gateway.alternatePorts.length > 0,
    addresses: gateway.subnet6 !== null,
  };
  return (['alternate-ports', 'addresses'] as const).filter(
    (feature) => isSet[feature] && !gateway.agent?.features.includes(feature),
  );
}

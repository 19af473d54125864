import type { FromGateway, GatewayFeature } from '../../../src-shared/gateway-channel.ts';
import { type PanelGateway, panelGateway } from '../../../src-shared/panel/gateways.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { plainText } from './plain-text.ts';

const { agent: gatewayAgent } = panelGateway.shape;
/** A gateway's agent in its own words. */
type GatewayAgent = NonNullable<PanelGateway['agent']>;

/** Of the agent that is or was there last; null: none ever came, or it is too old to say. */
export function agentOf({ agent_json }: Pick<GatewayRow, 'agent_json'>): GatewayAgent | null {
  return agent_json === null ? null : gatewayAgent.parse(JSON.parse(agent_json));
}

export function canAgent(row: Pick<GatewayRow, 'agent_json'>, feature: GatewayFeature): boolean {
  return agentOf(row)?.features.includes(feature) ?? false;
}

/** For `agent_json`. */
export function agentColumn({
  version,
  features,
}: Pick<Extract<FromGateway, { type: 'hello' }>, 'version' | 'features'>): string | null {
  if (version === undefined && features === undefined) return null;
  const known = (features ?? []).filter((feature) => /^[a-z0-9-]+$/.test(feature));
  const agent: GatewayAgent = { version: plainText(version ?? '') || '?', features: known };
  return JSON.stringify(agent);
}

import { expect } from 'vitest';
import { freshSteps } from '../../lab/totp-steps.ts';
import { gatewayPeers } from '../../scripts/story/observe.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { RawClient } from '../faults/raw-client.ts';
import { type PanelLab, type Person, within } from './lab.ts';

/** A member of the stack, signed in on a client and with a tunnel on the gateway. */
export async function connect(lab: PanelLab, person: Person): Promise<RawClient> {
  const member = memberOf(lab, person);
  const server = {
    file: lab.file,
    gatewayId: lab.file.gateways[0]?.id ?? '',
    codes: ({ totpSecret }: { totpSecret: string }) => freshSteps(totpSecret),
  };
  const client = await RawClient.signIn(server, member);
  await client.connect();
  return client;
}

function memberOf(lab: PanelLab, { email }: Person): StackFile['members'][number] {
  const member = lab.file.members.find((each) => each.email === email);
  if (!member) throw new Error('not a member of the stack');
  return member;
}

/** Until the gateway's own list of peers has this client in it, or has it no more. */
export async function expectPeer(lab: PanelLab, client: RawClient, isThere: boolean): Promise<void> {
  const key = client.keys.publicKey;
  await expect.poll(async () => (await gatewayPeers(lab.stack)).includes(key), within).toBe(isThere);
}

/** Every page that only administrators may open, and the routes behind them. */
export const adminPaths = [
  '/overview',
  '/members',
  '/login-security',
  '/gateways',
  '/api-tokens',
  '/audit',
  '/api-console',
] as const;
export const adminRoutes = [
  'overview',
  'members',
  'mfa-resets',
  'policy',
  'gateways',
  'api-tokens',
  'audit',
  'audit/export?format=csv',
  'audit/verification',
] as const;

import { generateKeyPairSync } from 'node:crypto';
import type { Agent } from 'undici';
import type { StackFile } from '../src-shared/stack-file.ts';
import type { Samples } from './stats.ts';

/** As many connections as that are needed for the strangers. */
export const STRANGERS = 300;
const KICKS_BEFORE = 30;

/**
 * A disconnect by the integration API until its caller hears 200, of a member who is not connected: by itself, and while
 * as many strangers try a password at once.
 */
export async function kickUnderSignIns(
  stack: StackFile,
  { caller, strangers }: { caller: Agent; strangers: Agent },
  samples: Samples,
): Promise<void> {
  const [member] = stack.members;
  if (!member) throw new Error('nobody to disconnect');
  const kick = async (metric: string): Promise<void> => {
    const start = performance.now();
    const { statusCode, body } = await caller.request({
      origin: stack.serverUrl,
      path: `/api/v1/member/${member.id}/disconnect`,
      method: 'POST',
      headers: { authorization: `Bearer ${stack.apiToken}` },
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`the disconnect was answered ${statusCode}`);
    samples.add('server', metric, performance.now() - start);
  };
  for (let count = 0; count < KICKS_BEFORE; count++) await kick('API call -> 200');

  const device = { name: 'bench', platform: 'linux', publicKey: newPublicKey() };
  const statuses: number[] = [];
  const flood = Array.from({ length: STRANGERS }, async (_, index) => {
    const { statusCode, body } = await strangers.request({
      origin: stack.serverUrl,
      path: '/client/v1/sign-in',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: `stranger${index}@flood.example`, password: 'a guess', device }),
    });
    await body.dump();
    statuses.push(statusCode);
  });
  while (statuses.length < STRANGERS) await kick(`API call -> 200, ${STRANGERS} strangers sign in`);
  await Promise.all(flood);
  const lookedAt = statuses.filter((status) => status === 401).length;
  samples.add('server', `of ${STRANGERS} strangers, looked at`, lookedAt, '');
}

function newPublicKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { ScriptedClient } from '../testing/scripted-ends.ts';
import { startTestServer } from '../testing/test-server.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test('nothing is left of the request that a channel began with, while the channel goes on', async () => {
  const requests: WeakRef<object>[] = [];
  const listen = (message: unknown): void =>
    void (message as { fastify: FastifyInstance }).fastify.addHook('onRequest', async (request) => {
      if (request.url === '/client/v1/channel') requests.push(new WeakRef(request.raw));
    });
  subscribe('fastify.initialization', listen);
  const server = await startTestServer().finally(() => unsubscribe('fastify.initialization', listen));
  const { sessionToken } = await server.signIn(await server.addMember());
  const client = await ScriptedClient.connect(server, sessionToken, 0);
  expect(requests).toHaveLength(1);
  const isLeft = (): boolean => {
    collectGarbage();
    return requests[0]?.deref() !== undefined;
  };
  await expect.poll(isLeft).toBe(false);
  client.send({ type: 'status', phase: 'gate' });
  await expect.poll(() => server.parts.hub.open()[0]?.phase).toBe('gate');
  await client.close();
  await server.close();
});

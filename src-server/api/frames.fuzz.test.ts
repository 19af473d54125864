import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { clientFrame } from '../../src-shared/client-channel.ts';
import { fromGateway } from '../../src-shared/gateway-channel.ts';
import { fitting, fuzz, hostileJson, hostileValue } from '../../src-shared/testing/fuzz.ts';
import { ScriptedGateway } from '../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
let tokens: { client: string; gateway: string };
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);
beforeAll(async () => {
  server = await startTestServer();
  process.on('unhandledRejection', onRejection);
  const { sessionToken } = await server.signIn(await server.addMember());
  tokens = { client: sessionToken, gateway: (await ScriptedGateway.create(server)).token };
});
afterAll(async () => {
  process.off('unhandledRejection', onRejection);
  await server.close();
});

function framesOf(schema: z.ZodType): fc.Arbitrary<(string | Buffer)[]> {
  const fits = fitting(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), ['gate', 'main']);
  const text = hostileJson(fc.oneof({ weight: 4, arbitrary: fits }, hostileValue));
  const binary = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  return fc.array(fc.oneof({ weight: 6, arbitrary: text }, binary), { minLength: 1, maxLength: 8 });
}

/** Sends the frames, and waits until the server has closed the socket or has answered a ping behind them. */
async function exchange(path: string, token: string, frames: readonly (string | Buffer)[]): Promise<void> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('pong', () => resolve());
    socket.on('open', () => {
      for (const frame of frames) socket.send(frame);
      socket.ping();
    });
  });
  const answered = AbortSignal.timeout(5000);
  await Promise.race([
    ended,
    new Promise<never>((_, reject) =>
      answered.addEventListener('abort', () => reject(new Error('no answer within 5 s'))),
    ),
  ]);
  socket.terminate();
}

const isFault = (line: string): boolean =>
  z.object({ level: z.string() }).parse(JSON.parse(line)).level === 'error';

for (const [end, schema] of [
  ['client', clientFrame],
  ['gateway', fromGateway],
] as const) {
  const { name, run, timeoutMs } = fuzz(
    `whatever a ${end} sends, the server goes on and answers`,
    framesOf(schema),
    async (frames) => {
      const before = server.logLines.length;
      await exchange(`/${end}/v1/channel`, tokens[end], frames);
      expect(server.logLines.slice(before).filter(isFault)).toEqual([]);
      expect(rejections).toEqual([]);
      expect((await server.request('GET', '/healthz')).status).toBe(200);
    },
    { tries: 300 },
  );
  test(name, run, timeoutMs);
}

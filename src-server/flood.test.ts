import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { BOUNDS } from './http/connections.ts';
import { totpAt, totpStep } from './proof/mfa/totp.ts';
import { OWNER_PASSWORD, ServerFolder } from './testing/server-folder.ts';
import { newDeviceKey } from './testing/test-server.ts';

/** Files that the server has open besides its connections. */
const OTHER_FILES = 100;
const HALF_HELLO = Buffer.from('160301020001000001fc0303', 'hex');

let folder: Awaited<ReturnType<typeof ServerFolder.initialised>>;
let pid = 0;
let port = 0;
let token = '';
const opened: Socket[] = [];
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  const made = ['token', 'create', '--name', 'SOC', '--scopes', 'members:disconnect,members:read', '--json'];
  ({ token } = z.object({ token: z.string() }).parse(JSON.parse((await folder.command(made)).stdout)));
  port = Number(/port = (\d+)/.exec(folder.read('server.toml'))?.[1]);
  pid = (await folder.start()).child.pid ?? 0;
}, 60_000);
afterAll(async () => {
  for (const socket of opened) socket.destroy();
  await folder.remove();
});

interface Call {
  method?: string;
  token?: string;
  body?: unknown;
  agent?: Agent;
}

function call(path: string, { method = 'POST', token: bearer, body, agent }: Call = {}) {
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on the shape of whatever came
  return new Promise<{ status: number | undefined; body: any }>((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    };
    const options = { host: '127.0.0.1', port, path, method, headers, rejectUnauthorized: false };
    const asked = request({ ...options, ...(agent ? { agent } : { agent: false }) }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += String(chunk);
      });
      answer.once('end', () => resolve({ status: answer.statusCode, body: JSON.parse(text) }));
    });
    asked.once('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function signIn(agent?: Agent) {
  const device = { name: 'Laptop', platform: 'linux', publicKey: newDeviceKey() };
  const with_ = agent ? { agent } : {};
  const first = await call('/client/v1/sign-in', {
    ...with_,
    body: { email: folder.owner.email, password: OWNER_PASSWORD, device },
  });
  const code = totpAt(folder.owner.totpSecret, totpStep(Date.now()));
  return call('/client/v1/sign-in/mfa', {
    ...with_,
    body: { mfaToken: first.body.mfaToken, method: 'totp', code },
  });
}

const filesOpen = (): number => readdirSync(`/proc/${pid}/fd`).length;

/** Each says nothing, or the beginning of a TLS hello. Answers how many files the server had open at most. */
async function flood(count: number): Promise<number> {
  let most = 0;
  while (opened.length < count) {
    const some = Array.from({ length: 50 }, () => connect({ host: '127.0.0.1', port }));
    for (const socket of some) socket.on('error', () => undefined);
    opened.push(...some);
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    for (const socket of some.slice(25)) socket.write(HALF_HELLO);
    most = Math.max(most, filesOpen());
  }
  return most;
}

test('a flood of connections keeps no kick from being carried out and no member out, and has a bound', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { sessionToken } = (await signIn(agent)).body;
  const me = () => call('/client/v1/me', { method: 'GET', token: sessionToken, agent });
  expect(await me()).toMatchObject({ status: 200 });
  expect(await flood(BOUNDS.strangers + 1_000)).toBeLessThan(BOUNDS.strangers + OTHER_FILES);
  // Who was in before asks over the connection of before; who comes anew has a place.
  expect(await me()).toMatchObject({ status: 200 });
  const kick = { token, body: { reason: 'Flood' } };
  expect(await call(`/api/v1/member/${folder.owner.id}/disconnect`, kick)).toMatchObject({ status: 200 });
  const again = { method: 'GET', token: sessionToken };
  expect(await call('/client/v1/me', again)).toMatchObject({ status: 200 });
  agent.destroy();
}, 120_000);

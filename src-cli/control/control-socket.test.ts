import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fail, ok } from '../../src-shared/problem.ts';
import { makeProfile } from '../testing/run-scripted.ts';
import { createScriptedCore } from '../testing/scripted-core.ts';
import { toView } from '../view/view.ts';
import { openControl } from './control-client.ts';
import { type ControlHandler, claimControlSocket } from './control-server.ts';
import { CONTROL_MAX_LINE_BYTES } from './protocol.ts';
import { controlSocketPath, MAX_SOCKET_PATH_BYTES } from './socket-path.ts';

const uid = process.getuid?.() ?? 0;
const view = toView(createScriptedCore({ isSignedIn: true, isGated: true }).snapshot());
const handler: ControlHandler = {
  view: () => view,
  handle: async ({ method }) => (method === 'renew' ? fail('wrong-state', 'not now') : ok(undefined)),
};
let profile: ReturnType<typeof makeProfile>;
let path: string;
beforeEach(() => {
  profile = makeProfile();
  path = join(profile.dir, 'control.sock');
});
afterEach(() => profile.remove());

async function claimed() {
  const claim = await claimControlSocket(path, uid, process.pid);
  if (claim.kind !== 'owned') throw new Error(`not owned: ${JSON.stringify(claim)}`);
  return claim.server;
}
async function opened() {
  const control = await openControl(path);
  if (control.kind !== 'open') throw new Error(`not open: ${control.kind}`);
  return control.client;
}

test('only its user may enter, and closing leaves nothing', async () => {
  const server = await claimed();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await server.close();
  expect(existsSync(path)).toBe(false);
});

test('the second claim hears who holds it', async () => {
  const server = await claimed();
  expect(await claimControlSocket(path, uid, 1)).toEqual({ kind: 'taken', pid: process.pid });
  await server.close();
});

test('of many claims at once, one wins', async () => {
  const claims = await Promise.all(
    Array.from({ length: 8 }, (_, pid) => claimControlSocket(path, uid, pid + 1)),
  );
  const owners = claims.flatMap((claim) => (claim.kind === 'owned' ? [claim.server] : []));
  expect(owners).toHaveLength(1);
  await Promise.all(owners.map((owner) => owner.close()));
});

test('the socket of a killed process is replaced', async () => {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(path)).toBe(true);
  expect((await openControl(path)).kind).toBe('stale');
  const server = await claimed();
  expect((await opened()).pid).toBe(process.pid);
  await server.close();
});

test('a process that holds the socket and does not speak as expected is not pushed aside', async () => {
  const other = createServer((socket) => socket.write('{"type":"something else"}\n'));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  expect((await claimControlSocket(path, uid, process.pid)).kind).toBe('refused');
  expect(existsSync(path)).toBe(true);
  await new Promise((resolve) => other.close(resolve));
});

test('a folder that others may enter is refused with what to do', async () => {
  chmodSync(profile.dir, 0o755);
  expect(await claimControlSocket(path, uid, process.pid)).toMatchObject({
    kind: 'refused',
    detail: expect.stringContaining('chmod 700'),
  });
});

test('requests are answered, refusals are values, watchers hear of changes, and close lets the last answer out', async () => {
  const server = await claimed();
  const client = await opened();
  const early = client.request({ method: 'status' });
  server.serve(handler);
  expect(await early).toEqual(ok(view));
  expect(await client.request({ method: 'renew' })).toMatchObject({
    ok: false,
    problem: { detail: 'not now' },
  });
  const seen = new Promise<number>((resolve) => client.onView(({ version }) => resolve(version)));
  await client.request({ method: 'watch' });
  server.publish({ ...view, version: 77 });
  expect(await seen).toBe(77);
  const last = client.request({ method: 'disconnect' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await server.close();
  expect((await last).ok).toBe(true);
  await client.ended;
  expect(await client.request({ method: 'status' })).toMatchObject({
    ok: false,
    problem: { code: 'wrong-state' },
  });
});

test('what is no request is refused or cut off, and others are still answered', async () => {
  const server = await claimed();
  server.serve(handler);
  const longInBytes = `${JSON.stringify('ü'.repeat(CONTROL_MAX_LINE_BYTES / 2))}\n`;
  for (const bad of ['not json\n', 'x'.repeat(CONTROL_MAX_LINE_BYTES + 70_000), longInBytes]) {
    const socket = createConnection(path);
    socket.on('error', () => socket.destroy());
    socket.resume();
    socket.write(bad);
    await new Promise((resolve) => socket.on('close', resolve));
  }
  const socket = createConnection(path).setEncoding('utf8');
  socket.write('{"method":"run","command":"id"}\n');
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes('refused')) break;
  }
  expect(text).toContain('invalid-request');
  expect((await (await opened()).request({ method: 'status' })).ok).toBe(true);
  await server.close();
});

test('the path stays short enough for a socket, and tells profiles apart', () => {
  const at = (profileDir: string, runtimeDir: string | undefined, tmpDir = '/tmp') =>
    controlSocketPath({ profileDir, runtimeDir, tmpDir, uid: 1000 });
  expect(at('/home/ada/.config/postern', '/run/user/1000')).toBe('/home/ada/.config/postern/control.sock');
  const long = `/home/${'x'.repeat(120)}`;
  expect(at(long, '/run/user/1000')).toMatch(/^\/run\/user\/1000\/postern\/[0-9a-f]{16}\.sock$/);
  expect(at(long, undefined)).toMatch(/^\/tmp\/postern-1000\//);
  expect(at(long, `/${'y'.repeat(100)}`, `/${'z'.repeat(100)}`)).toMatch(/^\/tmp\/postern-1000\//);
  expect(at(long, '/run/user/1000')).not.toBe(at(`${long}2`, '/run/user/1000'));
  expect(Buffer.byteLength(at(long, undefined))).toBeLessThanOrEqual(MAX_SOCKET_PATH_BYTES);
});

test('the folder is made for its user alone', async () => {
  path = join(profile.dir, 'deeper', 'control.sock');
  const server = await claimed();
  expect(statSync(join(profile.dir, 'deeper')).mode & 0o777).toBe(0o700);
  await server.close();
});

import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ServerFolder } from './testing/server-folder.ts';

/** As programs, which is what signals, locks and exit codes are about. */
const MINUTE = 60_000;
const password = { input: 'a long password\n' };
let folder: ServerFolder;
let port = 0;
beforeAll(async () => {
  folder = await ServerFolder.make();
  port = Number(/port = (\d+)/.exec(folder.read('server.toml'))?.[1]);
  const owner = ['--email', 'owner@test.example', '--name', 'Owner', '--password-stdin', '--with-totp'];
  const init = folder.run(['init', ...owner, '--json'], password);
  expect(init.stderr).toBe('');
  expect(JSON.parse(init.stdout)).toMatchObject({
    email: 'owner@test.example',
    totpSecret: expect.stringMatching(/^[A-Z2-7]{32}$/),
    serverKey: expect.stringContaining('#ed25519='),
  });
  folder.keep();
}, MINUTE);
beforeEach(() => folder.goBack());
afterEach(() => folder.stopAll());
afterAll(async () => {
  agent.destroy();
  await folder.remove();
});

/** Kept open, as clients do: a server that ends must not wait for them. */
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

function health(): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = `https://127.0.0.1:${port}/healthz`;
    const call = request(url, { agent }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
    call.end();
  });
}

test('keys and database are for their owner alone; init does not run twice', async () => {
  for (const file of [
    folder.database,
    join(folder.keys, 'lease-key.pem'),
    join(folder.keys, 'encryption.key'),
  ])
    expect(statSync(file).mode & 0o077).toBe(0);
  const again = await folder.command(['init'], password);
  expect(again.status).toBe(1);
  expect(again.stderr).toContain('has members already');
});

test(
  'SIGTERM ends the server with 0 and the log is written back; the next one starts',
  async () => {
    const { child } = await folder.start();
    expect(await health()).toBe(200);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
    expect(existsSync(`${folder.database}-wal`)).toBe(false);
    await folder.serve();
    expect(await health()).toBe(200);
  },
  MINUTE,
);

test(
  'a second server on the same database or port says so; after kill -9 the lock is free',
  async () => {
    const { child } = await folder.start();
    expect(await folder.refusedStart()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('another server is running on'),
    });

    const other = await ServerFolder.initialised();
    other.writeConfig({ host: '127.0.0.1', port });
    expect(await other.refusedStart()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`port ${port} on 127.0.0.1 is in use`),
    });
    await other.remove();

    child.kill('SIGKILL');
    await once(child, 'exit');
    await folder.serve();
    expect(await health()).toBe(200);
  },
  MINUTE,
);

test('every configuration mistake is a line, and the exit code is 2', () => {
  const refused = folder.run(['start'], { env: { POSTERN_LISTEN_PORT: 'https', POSTERN_ISSUER: 'vpn' } });
  expect(refused.status).toBe(2);
  expect(refused.stderr.trim().split('\n')).toHaveLength(2);
});

test('the exit code is 1 for what is refused, with a sentence on standard error', async () => {
  const sentence = expect.stringContaining('There is no member');
  expect(folder.run(['member', 'block', 'nobody@test.example'])).toMatchObject({
    status: 1,
    stderr: sentence,
  });
  const unknown = expect.stringContaining('unknown command');
  expect(await folder.command(['member', 'blok'])).toMatchObject({ status: 1, stderr: unknown });
});

test('what nobody foresaw is one sentence, too', () => {
  writeFileSync(folder.database, 'no database at all '.repeat(300));
  expect(folder.run(['member', 'list'])).toEqual({
    ...{ status: 1, stdout: '' },
    stderr: 'postern-server: file is not a database\n',
  });
});

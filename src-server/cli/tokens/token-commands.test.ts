import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PanelClient } from '../../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { serverProgram } from '../program.ts';

let server: TestServer;
let maker: PanelClient;
let tokenId: string;
let config: string;
beforeEach(async () => {
  server = await startTestServer();
  const { issuer, databaseFile, keysDir } = server.ctx.config;
  config = join(keysDir, 'server.toml');
  const settings = { issuer, databaseFile, keysDir, teamName: 'Test' };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(config, [...lines, '[tls]', 'certFile = "unused"', 'keyFile = "unused"'].join('\n'));
  maker = await PanelClient.of(server, 'administrator');
  const made = await maker.call('POST', 'api-tokens', { name: 'SOC', scopes: ['members:read'] });
  tokenId = made.body.apiToken.id;
});
afterEach(() => server.close());

/** A command of `postern-server` beside the running server, on a connection of its own to the database. */
async function run(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  try {
    await serverProgram().parseAsync([...words, '--config', config], { from: 'user' });
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = 0;
  }
  return said;
}
const listed = async () => JSON.parse((await run('token', 'list', '--json')).stdout)[0];

test('the list says who made a token, and how it ended', async () => {
  const { email } = maker.member;
  expect((await run('token', 'list')).stdout).toMatch(new RegExp(`SOC .*made by .*\\(${email}\\)`));
  expect(await listed()).toMatchObject({
    madeBy: expect.stringContaining(email),
    isKept: false,
    endReason: null,
  });
  const blocked = await run('member', 'block', email);
  expect(blocked.stdout).toContain(`API tokens that ${email} made and that have ended: 1`);
  expect((await run('token', 'list')).stdout).toContain('ended: its maker was blocked');
  expect((await run('token', 'keep', tokenId)).stderr).toMatch(/no such token|no token \S+ that works/);
});

test('a token is kept: one by one, or with the block of whoever made it', async () => {
  const { email } = maker.member;
  expect((await run('token', 'keep', tokenId)).stdout).toContain('SOC works on without whoever made it.');
  expect(await listed()).toMatchObject({ isKept: true });
  expect((await run('token', 'keep', tokenId, '--off')).stdout).toContain('SOC ends with whoever made it.');
  const blocked = await run('member', 'block', email, '--keep-tokens');
  expect(blocked.stdout).toContain(`API tokens that ${email} made and that have been kept: 1`);
  expect((await run('token', 'list')).stdout).toMatch(/made by .*, kept/);
  expect(await listed()).toMatchObject({ isKept: true, revokedAt: null });
});

test('one that was made here is of the command line, and ends with nobody', async () => {
  await server.addApiToken(['members:read']);
  expect((await run('token', 'list')).stdout).toContain('made by this command');
});

test('owners hear of a token that was made, and of rules that were loosened, at the command line', async () => {
  const text = readFileSync(config, 'utf8');
  writeFileSync(
    config,
    text.replace('[tls]', 'mail = { host = "127.0.0.1", from = "vpn@example.com" }\n[tls]'),
  );
  await PanelClient.of(server, 'owner');
  const mails = () => server.ctx.database.db.selectFrom('mail').select('kind').execute();
  await run('token', 'create', '--name', 'Backup', '--scopes', 'members:read');
  expect(await mails()).toEqual([{ kind: 'team-change' }]);
  await run('policy', 'set', 'totpPriorConnection=true');
  expect(await mails()).toHaveLength(1);
  await run('policy', 'set', 'totpPriorConnection=false');
  expect(await mails()).toHaveLength(2);
});

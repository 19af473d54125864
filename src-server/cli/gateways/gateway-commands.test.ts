import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { serverProgram } from '../program.ts';

let server: TestServer;
let config: string;
beforeEach(async () => {
  server = await startTestServer();
  const { issuer, databaseFile, keysDir } = server.ctx.config;
  config = join(keysDir, 'server.toml');
  const settings = { issuer, databaseFile, keysDir, teamName: 'Test' };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(config, [...lines, '[tls]', 'certFile = "unused"', 'keyFile = "unused"'].join('\n'));
});
afterEach(() => server.close());

/** What a command says beside the running server, on either stream. */
async function said(...words: string[]): Promise<string> {
  let text = '';
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((piece) => {
      text += String(piece);
      return true;
    }),
  );
  try {
    await serverProgram().parseAsync(['gateway', ...words, '--config', config], { from: 'user' });
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
  return text;
}
const add = (name: string, ...words: string[]) =>
  said('add', name, '--allowed-ips', '10.20.0.0/16', ...words);

test('networks that must be routed back are named without host bits, both of them', async () => {
  const added = await add('Oslo', '--subnet', '10.86.0.7/24', '--subnet6', 'fd12:3456:789a:0:0::7/64');
  expect(added).toContain('unless the networks behind it route 10.86.0.0/24 and fd12:3456:789a::/64 to it.');
  expect(await add('Bergen', '--subnet', '10.87.0.0/24')).toContain('route 10.87.0.0/24 to it.');
});

test.each([
  ['2001:db8::/64', 'for documentation'],
  ['3fff:1::/64', 'for documentation'],
  ['fe80::/64', 'link-local'],
  ['ff05::/64', 'for multicast'],
  ['64:ff9b::/96', 'set aside for another use'],
])('the refusal of %s says why', async (subnet6, why) => {
  const refused = await add('Oslo', '--subnet', '10.86.0.0/24', '--subnet6', subnet6);
  expect(refused).toMatch(`subnet6: no device can have an address of ${subnet6}: `);
  expect(refused).toContain(why);
});

test('a network of the devices that is also one behind the gateway is noted', async () => {
  expect(await add('Oslo', '--subnet', '10.20.4.0/24')).toContain('(10.20.0.0/16 in --allowed-ips)');
});

test('IPv6 is said to end at once where its network goes or changes, and not else', async () => {
  await add('Oslo', '--subnet', '10.86.0.0/24');
  const gone = 'but for their IPv6 addresses: these are gone now';
  const edit = (...words: string[]) => said('edit', 'Oslo', ...words);
  expect(await edit('--subnet6', 'fd12:3456:789a::/64')).not.toContain(gone);
  expect(await edit('--subnet6', 'fd12:3456:789a::7/64', '--mtu', '1300')).not.toContain(gone);
  expect(await edit('--subnet6', 'fd12:3456:789b::/64')).toContain(gone);
  expect(await edit('--mtu', '1320')).not.toContain(gone);
  expect(await edit('--subnet6', 'none')).toContain(gone);
});

test('a gateway is removed by its name as by its id, once', async () => {
  await add('Oslo', '--subnet', '10.86.0.0/24');
  const { id } = JSON.parse(await add('Bergen', '--subnet', '10.87.0.0/24', '--json'));
  expect(await said('remove', 'Oslo')).toContain('--yes');
  expect(await said('remove', 'oslo', '--yes')).toBe('Removed Oslo. Nothing was connected.\n');
  expect(await said('remove', 'Oslo', '--yes')).toBe(
    'There is no gateway Oslo. "postern-server gateway list" shows them.\n',
  );
  const removed = JSON.parse(await said('remove', id.toUpperCase(), '--yes', '--json'));
  expect(removed).toMatchObject({ id, name: 'Bergen', endedConnections: 0 });
  expect(await said('list')).toBe('');
});

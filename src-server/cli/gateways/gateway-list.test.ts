import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lockDatabase } from '../../db/database-lock.ts';
import { ScriptedGateway } from '../../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { serverProgram } from '../program.ts';

let server: TestServer;
let gateway: ScriptedGateway;
let config: string;
beforeEach(async () => {
  server = await startTestServer();
  server.clock.now = Date.now();
  const { issuer, databaseFile, keysDir } = server.ctx.config;
  config = join(keysDir, 'server.toml');
  const settings = { issuer, databaseFile, keysDir, teamName: 'Test' };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(config, [...lines, '[tls]', 'certFile = "unused"', 'keyFile = "unused"'].join('\n'));
  gateway = await ScriptedGateway.create(server);
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

/** What a command says beside the running server. */
async function said(...words: string[]): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    text += String(piece);
    return true;
  });
  try {
    await serverProgram().parseAsync(['gateway', ...words, '--config', config], { from: 'user' });
  } finally {
    spy.mockRestore();
  }
  return text;
}

test('a command sees what is wrong on a gateway’s host as long as it is heard, and what its agent is', async () => {
  gateway.agent = { version: '0.9.0', features: ['health'] };
  await server.ctx.database.db
    .updateTable('gateway')
    .set({ subnet6: 'fd12:3456:789a::/64', alternate_ports_json: '[443]' })
    .execute();
  await gateway.connect(server);
  const trouble = { id: 'forwarding', detail: 'This host passes no packets on.', remedy: 'sysctl -w x=1' };
  gateway.send({ type: 'health', troubles: [trouble] });
  const show = async () => JSON.parse(await said('show', 'gw1', '--json'));
  await vi.waitFor(async () => expect((await show()).hostTroubles).toEqual([trouble]));
  expect((await show()).agent).toEqual(gateway.agent);
  const text = await said('show', 'gw1');
  expect(text).toMatch(/agent +0\.9\.0, seen .*; no server runs here/);
  expect(text).toContain('no client is sent to them');
  expect(text).toContain('devices get no IPv6 address');
  expect(text).toContain('This host passes no packets on.\n                   sysctl -w x=1');
  const lock = lockDatabase(server.ctx.config.databaseFile);
  try {
    expect(await said('list')).toMatch(/fd12:3456:789a::\/64 .*0\.9\.0, online, degraded/);
    expect(await show()).toMatchObject({ isOnline: true, offlineSince: null });
    const lastSeen = Date.now() - 31_000;
    await server.ctx.database.db.updateTable('gateway').set({ last_seen_at: lastSeen }).execute();
    expect(await said('list')).toMatch(/0\.9\.0, offline since \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    const offlineSince = new Date(lastSeen).toISOString();
    expect(await show()).toMatchObject({ isOnline: false, offlineSince });
  } finally {
    lock?.release();
  }

  await server.ctx.database.db
    .updateTable('gateway')
    .set({ last_seen_at: Date.now() - 31_000 })
    .execute();
  expect((await show()).hostTroubles).toEqual([]);
  await gateway.connect(server);
  expect((await show()).hostTroubles).toEqual([]);
});

import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../testing/panel-client.ts';
import { TestDevice } from '../testing/test-device.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

/** Another process (an administrator's command) is in the middle of a write. */
async function whileWriting<T>(work: () => Promise<T>): Promise<T> {
  const other = new DatabaseSync(server.ctx.config.databaseFile);
  other.exec('begin immediate');
  try {
    return await work();
  } finally {
    other.exec('rollback');
    other.close();
  }
}

test('reads wait for nobody who writes: me, the account, members, gateways, the audit log', async () => {
  const device = await TestDevice.signIn(server, await server.addMember());
  server.nextStep();
  const owner = await PanelClient.of(server, 'owner');
  await whileWriting(async () => {
    const since = performance.now();
    expect((await device.call('GET', 'me')).status).toBe(200);
    for (const path of ['account', 'members', 'gateways', 'audit', 'policy', 'api-tokens', 'mfa-resets'])
      expect([path, (await owner.get(path)).status]).toEqual([path, 200]);
    // A write waits five seconds for the other one, and is refused then.
    expect(performance.now() - since).toBeLessThan(5000);
  });
});

test('what is read together is of one moment, and nothing is written in it', async () => {
  const { db } = server.ctx.database;
  const count = () => db.selectFrom('member').select('id').execute();
  await server.addMember();
  const reads = db.transaction().setAccessMode('read only');
  await expect(reads.execute((tx) => tx.deleteFrom('member').execute())).rejects.toThrow(/readonly/);
  expect(await count()).toHaveLength(1);
  expect(await reads.execute((tx) => tx.selectFrom('member').select('id').execute())).toHaveLength(1);
  await db.deleteFrom('attempt').execute();
});

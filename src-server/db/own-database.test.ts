import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ServerConfig, serverConfig } from '../config.ts';
import { generateServerKeys, loadServerKeys, type ServerKeys } from '../keys/server-keys.ts';
import { makeLogger } from '../logger.ts';
import { makeOlderDatabase } from '../testing/older-database.ts';
import { openOwnDatabase } from './own-database.ts';
import { markFile } from './record-mark.ts';

let folder: string;
let config: ServerConfig;
let keys: ServerKeys;
let otherKeys: ServerKeys;
const log = makeLogger('silent');
async function keysIn(name: string): Promise<ServerKeys> {
  const keysDir = join(folder, name);
  generateServerKeys(keysDir, {});
  const loaded = await loadServerKeys(keysDir, config.issuer, {});
  if (!loaded.ok) throw new Error(loaded.mistakes.join('\n'));
  return loaded.keys;
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-own-'));
  config = serverConfig.parse({
    issuer: 'https://vpn.test.example',
    teamName: 'Test team',
    tls: { certFile: 'unused', keyFile: 'unused' },
    databaseFile: join(folder, 'postern.db'),
    keysDir: join(folder, 'keys'),
  });
  keys = await keysIn('keys');
  otherKeys = await keysIn('others');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => openOwnDatabase({ config, keys, log });

/** As a version before `key_check` left it (the first), or one with it, sealed by `by`. */
async function older(newest: '0001-first' | '0016-mail', by: ServerKeys): Promise<void> {
  const sqlite = await makeOlderDatabase(config.databaseFile, newest);
  const seal = (text: string) => by.sealedBox.seal(Buffer.from(text));
  if (newest === '0016-mail')
    sqlite.prepare('insert into key_check values (1, ?, ?)').run(seal('postern'), by.leaseKeyId);
  sqlite.exec(`insert into member (id, email, name, role, password_hash, created_at)
    values ('m', 'a@b.example', 'A', 'member', '', 0)`);
  sqlite
    .prepare(
      `insert into factor (id, member_id, secret_sealed, state, created_at) values ('f', 'm', ?, 'active', 0)`,
    )
    .run(seal('secret'));
  sqlite.exec(`insert into audit (at, actor, action, subject, outcome, details_json, prev_hash, hash)
    values (0, 'cli', 'server.init', null, 'ok', '{}', '', 'hash of the copy')`);
  sqlite.close();
}

test.each(['0001-first', '0016-mail'] as const)(
  'a database of %s that other keys have sealed is refused as it was',
  async (newest) => {
    await older(newest, otherKeys);
    const before = readFileSync(config.databaseFile);
    expect(await open()).toEqual({
      ok: false,
      mistakes: [expect.stringContaining(`the keys in ${config.keysDir} do not open ${config.databaseFile}`)],
    });
    expect(readFileSync(config.databaseFile).equals(before)).toBe(true);
  },
);

test.each(['0001-first', '0016-mail'] as const)(
  'an older copy of %s is refused as it was',
  async (newest) => {
    await older(newest, keys);
    writeFileSync(markFile(config), JSON.stringify({ seq: 1, hash: 'hash of the newest row' }));
    const before = readFileSync(config.databaseFile);
    expect(await open()).toEqual({
      ok: false,
      mistakes: [expect.stringContaining('is an older copy of this server')],
    });
    expect(readFileSync(config.databaseFile).equals(before)).toBe(true);
  },
);

test.each(['0001-first', '0016-mail'] as const)(
  'one of %s with its own keys is brought up to date',
  async (newest) => {
    await older(newest, keys);
    const opened = await open();
    if (!opened.ok) throw new Error(opened.mistakes.join('\n'));
    expect((await opened.database.db.selectFrom('gateway').selectAll().execute()).length).toBe(0);
    expect(await opened.database.db.selectFrom('key_check').select('lease_key_id').execute()).toEqual([
      { lease_key_id: keys.leaseKeyId },
    ]);
    await opened.database.close();
  },
);

test('an empty file in the place of a database that was here is refused', async () => {
  writeFileSync(markFile(config), JSON.stringify({ seq: 1, hash: 'hash of the newest row' }));
  expect(await open()).toMatchObject({ ok: false });
});

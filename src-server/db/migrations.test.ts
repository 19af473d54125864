import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { costDrawKeyOf } from '../keys/lease-key.ts';
import { generateServerKeys, loadServerKeys, type ServerKeys } from '../keys/server-keys.ts';
import { makeOlderDatabase } from '../testing/older-database.ts';
import { type Db, openDatabase } from './database.ts';
import { costDrawKey, takeKeys } from './key-check.ts';
import { leaseKeyRotation, newestLeaseKeyStep, noteLeaseKeyStep } from './lease-key-rotation.ts';

/** A database as the first version left it, with one device and its challenge. */
async function firstVersion(file: string): Promise<void> {
  const sqlite = await makeOlderDatabase(file, '0001-first');
  sqlite.exec(`insert into member values ('m', 'a@b.example', 'A', 'member', '', 0, 0);
    insert into device values ('d', 'm', 'Laptop', 'linux', 'key', 3, 4, null, 0, -1, 5, 6, null);
    insert into challenge values ('c', 'd', 3, 'nonce', '[]', '[]', null, 7, null);
    insert into gateway values ('g', 'main', 'hash', null, null, '10.86.0.0/24', '[]', '["10.86.0.1"]', 1420, 25, 0, 0,
      null);
    insert into api_token select value, value, value, '[]', '[]', 9, 0, null, null, null, 0
      from json_each('["of-cli", "of-owner", "of-member", "unknown"]');
    insert into member values ('o', 'o@b.example', 'O', 'owner', '', 0, 0);
    insert into audit (at, actor, action, subject, outcome, details_json, prev_hash, hash)
      values (0, 'cli', 'api-token.create', 'api-token:of-cli', 'ok', '{}', '', ''),
      (0, 'member:o', 'api-token.create', 'api-token:of-owner', 'ok', '{}', '', ''),
      (0, 'member:m', 'api-token.create', 'api-token:of-member', 'ok', '{}', '', '')`);
  sqlite.close();
}

async function someKeys(): Promise<ServerKeys> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-migrations-keys-'));
  try {
    generateServerKeys(folder, {});
    const loaded = await loadServerKeys(folder, 'https://vpn.test.example', {});
    if (!loaded.ok) throw new Error(loaded.mistakes.join());
    return loaded.keys;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Opens one as this version does. */
async function inFirstVersion(look: (db: Db) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-migrations-'));
  const file = join(folder, 'postern.db');
  try {
    await firstVersion(file);
    const { db, close } = await openDatabase(file);
    await look(db);
    await close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a database of the first version keeps its devices, with nothing set up, and a code asked for first', async () => {
  await inFirstVersion(async (db) => {
    const device = await db.selectFrom('device').selectAll().executeTakeFirstOrThrow();
    expect(device).toMatchObject({
      id: 'd',
      epoch: 3,
      pin_verifier: null,
      pin_failures: 0,
      code_proof_at: 0,
    });
    expect(device).toMatchObject({
      helper_version: null,
      can_guard: 0,
      is_guard_exempt: 0,
      guard_seq: 0,
      guard_event_at: 0,
    });
    const challenge = await db.selectFrom('challenge').selectAll().executeTakeFirstOrThrow();
    expect(challenge.purpose).toBe('connect');
  });
});

test('a database of the first version has no rotation of its lease key, and keeps what its costs are drawn with', async () => {
  await inFirstVersion(async (db) => {
    expect(await newestLeaseKeyStep(db)).toBeUndefined();
    const keys = await someKeys();
    await takeKeys(db, keys);
    const kept = await costDrawKey(db, { ...keys, leaseKey: generateKeyPairSync('ed25519').privateKey });
    expect(Buffer.from(kept)).toEqual(Buffer.from(costDrawKeyOf(keys.leaseKey)));
    const step = await noteLeaseKeyStep(db, { now: 5, nextPublicKey: 'N'.repeat(43), nextKeyFile: null });
    expect(step).toBe(5);
    // Also where the clock was set back.
    expect(await noteLeaseKeyStep(db, { now: 3, nextPublicKey: null, nextKeyFile: null })).toBe(6);
    expect(await leaseKeyRotation(db)).toBeNull();
  });
});

test('a gateway of the first version has its name servers asked for every name, one port, and one family', async () => {
  await inFirstVersion(async (db) => {
    const gateway = await db.selectFrom('gateway').selectAll().executeTakeFirstOrThrow();
    expect(gateway).toMatchObject({
      dns_json: '["10.86.0.1"]',
      dns_domains_json: '[]',
      dns_search_json: '[]',
      alternate_ports_json: '[]',
      settings_at: 0,
      subnet6: null,
      agent_json: null,
      host_troubles_json: null,
    });
  });
});

test('API tokens get their makers from the audit log; those whose maker is no administrator any more are kept', async () => {
  await inFirstVersion(async (db) => {
    const tokens = await db
      .selectFrom('api_token')
      .select(['id', 'made_by', 'is_kept'])
      .orderBy('id')
      .execute();
    expect(tokens).toEqual([
      { id: 'of-cli', made_by: 'cli', is_kept: 0 },
      { id: 'of-member', made_by: 'member:m', is_kept: 1 },
      { id: 'of-owner', made_by: 'member:o', is_kept: 0 },
      { id: 'unknown', made_by: 'cli', is_kept: 0 },
    ]);
  });
});

test('addresses are brought into the form in which they are looked for, but for two that would be one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-migrations-'));
  const file = join(folder, 'postern.db');
  await firstVersion(file);
  const sqlite = new DatabaseSync(file);
  const emails = ['ada@bücher.example', 'eva@example.com', 'eva@example.com.', 'removed:n'];
  for (const [index, email] of emails.entries())
    sqlite.prepare(`insert into member values (?, ?, 'X', 'member', 'hash', 0, 0)`).run(`n${index}`, email);
  sqlite.close();
  const { db, close } = await openDatabase(file);
  const rows = await db.selectFrom('member').selectAll().where('id', 'like', 'n%').orderBy('id').execute();
  expect(rows.map(({ email }) => email)).toEqual(['ada@xn--bcher-kva.example', ...emails.slice(1)]);
  for (const row of rows) expect(row).toMatchObject({ password_version: 0, password_expires_at: null });
  await close();
  rmSync(folder, { recursive: true });
});

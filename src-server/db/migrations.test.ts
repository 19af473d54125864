import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openDatabase } from './database.ts';

test('a database from before the unlock keeps its devices, with nothing set up and a code asked for first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-migrations-'));
  const file = join(folder, 'postern.db');
  try {
    await (await openDatabase(file)).close();
    // Back to the schema before.
    const old = new DatabaseSync(file);
    const isNew = /^(pin_|soft_|hardware_|proof_counter|code_proof_at|is_code_demanded)/;
    for (const { name } of old.prepare("select name from pragma_table_info('device')").all())
      if (isNew.test(String(name))) old.exec(`alter table device drop column ${name}`);
    old.exec('alter table challenge drop column purpose');
    old.exec("delete from kysely_migration where name = '0002-unlock'");
    old.exec(`insert into member values ('m', 'a@b.example', 'A', 'member', '', 0, 0);
      insert into device values ('d', 'm', 'Laptop', 'linux', 'key', 3, 4, null, 0, -1, 5, 6, null);
      insert into challenge values ('c', 'd', 3, 'nonce', '[]', '[]', null, 7, null)`);
    old.close();

    const database = await openDatabase(file);
    const device = await database.db.selectFrom('device').selectAll().executeTakeFirstOrThrow();
    expect(device).toMatchObject({
      id: 'd',
      epoch: 3,
      pin_verifier: null,
      pin_failures: 0,
      code_proof_at: 0,
    });
    const challenge = await database.db.selectFrom('challenge').selectAll().executeTakeFirstOrThrow();
    expect(challenge.purpose).toBe('connect');
    await database.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

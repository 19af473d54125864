import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ServerFolder } from '../../testing/server-folder.ts';
import { holderWords } from './lease-key-words.ts';

const words = (devices: number, have: number, seenWithout = 0, connectedWithout = 0) =>
  holderWords({ devices, have, seenWithout, connectedWithout, without: [] });

test.each([
  [words(0, 0), 'No device is there that has to learn the next key.'],
  [words(1, 1), 'The one device has the next key.'],
  [words(3, 3), 'All 3 devices have the next key.'],
  [words(1, 0), '0 of 1 device has the next key; 1 does not (not seen since the rotation began).'],
])('%s', (said, expected) => expect(said).toBe(expected));

test('a device that has connected is told from one that was only seen, of which all causes are named', () => {
  expect(words(3, 1, 1, 1)).toContain('1 connected since it began: too old a Postern');
  expect(words(3, 1, 1, 1)).not.toContain('the app was closed too soon');
  expect(words(3, 1, 2, 1)).toContain(
    '1 seen since it began, without a connection: the app was closed too soon',
  );
});

test('whether a device has connected since the rotation began is in its leases', async () => {
  const folder = await ServerFolder.initialised();
  try {
    await folder.command(['keys', 'rotate', 'lease']);
    const later = Date.now() + 60_000;
    const sqlite = new DatabaseSync(folder.database, { enableForeignKeyConstraints: false });
    sqlite.exec(`
      insert into device (id, member_id, name, platform, public_key, last_seen_at, created_at)
        select 'd' || column1, id, 'laptop', 'linux', 'key' || column1, ${later}, 1 from member, (values (1), (2));
      insert into lease (id, device_id, member_id, gateway_id, epoch, wg_public_key, preshared_key_sealed, address,
          begun_at, expires_at, ended_at)
        select 'lease' || id, id, member_id, 'none', 1, id, x'00', '10.0.0.2', iif(id = 'd1', ${later}, 1), 1, 1 from device`);
    sqlite.close();
    const { stdout } = await folder.command(['keys', 'show']);
    expect(stdout).toContain('1 connected since it began');
    expect(stdout).toContain('1 seen since it began, without a connection');
  } finally {
    await folder.remove();
  }
});

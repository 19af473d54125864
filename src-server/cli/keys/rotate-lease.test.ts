import {
  chmodSync,
  cpSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fingerprint } from '../../../src-node/fingerprint.ts';
import { lockKeys } from '../../db/database-lock.ts';
import { leaseKeyIdOf } from '../../keys/lease-key.ts';
import { crashPoints } from '../../testing/crash-points.ts';
import {
  leaseKeyFiles,
  nextLeaseKey,
  ownLeaseKey,
  publicKeyIn,
  shownLeaseKeys,
} from '../../testing/lease-keys.ts';
import { ServerFolder } from '../../testing/server-folder.ts';

const MINUTE = 60_000;
const DEVICES = ['01a00000-0000-7000-8000-000000000002', '01a00000-0000-7000-8000-000000000003'];
let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  const sqlite = new DatabaseSync(folder.database);
  for (const [index, id] of DEVICES.entries())
    sqlite.exec(`insert into device (id, member_id, name, platform, public_key, last_seen_at, created_at)
      select '${id}', id, 'laptop-${index}', 'linux', 'key', ${index === 0 ? 5 : Date.now() + 3_600_000}, 1 from member`);
  sqlite.close();
  folder.keep();
}, MINUTE);
beforeEach(() => folder.goBack());
afterEach(() => folder.stopAll());
afterAll(() => folder.remove());

const at = (name: string) => join(folder.path, name);
const lease = (...more: string[]) => folder.command(['keys', 'rotate', 'lease', ...more]);
const finish = (...more: string[]) => lease('--finish', '--yes', ...more);
const found = async (of = folder) => (await of.databaseChecks()).map(({ detail }) => detail).join('\n');

/** `kid` of the key that the database takes for its own. */
function notedKeyId(): string {
  const sqlite = new DatabaseSync(folder.database);
  const row = sqlite.prepare('select lease_key_id from key_check').get();
  sqlite.close();
  return String(row?.lease_key_id);
}

/** What the server writes down when the helper of a device has taken the newest word. */
function taken(deviceId: string): void {
  const sqlite = new DatabaseSync(folder.database);
  sqlite
    .prepare('insert or replace into device_lease_key select ?, step from lease_key_rotation')
    .run(deviceId);
  sqlite.close();
}

test(
  'the next key is made beside the present one while the server runs, and takes its place when it is finished',
  async () => {
    const before = ownLeaseKey(folder);
    await folder.serve();
    const begun = await lease('--json');
    expect(begun).toMatchObject({ status: 0, stderr: '' });
    expect(leaseKeyFiles(folder)).toEqual(['lease-key.pem', 'lease-key.pem.next']);
    expect(statSync(at('keys/lease-key.pem.next')).mode & 0o777).toBe(0o600);
    const next = nextLeaseKey(folder);
    expect(JSON.parse(begun.stdout)).toMatchObject({ nextFingerprint: fingerprint(next), devices: 2 });
    expect((await lease()).stderr).toMatch(/is under way since \S+ \d\d:\d\d UTC/);
    expect(nextLeaseKey(folder)).toBe(next);
    expect((await finish()).stderr).toContain('stop it first: systemctl stop postern-server');
    await folder.stopAll();

    taken(DEVICES[0] ?? '');
    expect(await shownLeaseKeys(folder)).toMatchObject({
      fingerprint: fingerprint(before),
      next: { fingerprint: fingerprint(next), devices: 2, have: 1, without: [{ device: 'laptop-1' }] },
    });
    expect((await folder.command(['keys', 'show'])).stdout).toContain(
      '1 of 2 devices have the next key; 1 does not (1 seen since it began, without a connection: the app was closed too soon',
    );
    expect(await found()).toContain('1 of 2 devices have the next one');
    expect((await folder.command(['server-key'])).stdout).toContain(`next         ${fingerprint(next)}`);

    const unasked = await lease('--finish');
    expect(unasked.status).toBe(1);
    expect(unasked.stderr).toContain('laptop-1 of owner@test.example, last seen');
    expect(unasked.stderr).toContain(
      `The other one has to trust the server anew before their next connection, with the fingerprint ${fingerprint(next)}`,
    );
    expect(ownLeaseKey(folder)).toBe(before);
    const done = await finish();
    expect(done.status).toBe(0);
    expect(done.stdout).toContain(`Leases are signed with the new key. Fingerprint  ${fingerprint(next)}`);
    expect(done.stdout).toContain(`sudo postern-helper trust 'https://localhost`);
    expect(ownLeaseKey(folder)).toBe(next);
    const [kept = '', ...others] = leaseKeyFiles(folder).filter((name) => name !== 'lease-key.pem');
    expect(others).toEqual([]);
    expect(readFileSync(at(`keys/${kept}`), 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    expect(publicKeyIn(at(`keys/${kept}`))).toBe(before);
    expect(await shownLeaseKeys(folder)).toMatchObject({
      ...{ fingerprint: fingerprint(next), next: null },
      past: [{ fingerprint: fingerprint(before) }],
    });
    expect(await found()).not.toContain('rotation of the lease key');
    const listed = (await folder.command(['audit', 'list', '--json'])).stdout;
    expect(listed).toContain('keys.lease-rotation-begun');
    expect(listed).toContain('keys.lease-rotated');
    const { log } = await folder.serve();
    expect(log()).not.toContain('is not the one of before');
  },
  MINUTE,
);

test(
  'what was begun is taken back, and the next rotation is a later step with another key',
  async () => {
    expect((await lease('--abort', '--yes')).stderr).toContain('no rotation of the lease key is under way');
    await folder.serve();
    expect((await finish()).stderr).toContain('no rotation of the lease key is under way');
    await folder.stopAll();
    const before = ownLeaseKey(folder);
    await lease();
    const next = nextLeaseKey(folder);
    expect(await lease('--abort', '--yes')).toMatchObject({ status: 0, stderr: '' });
    expect(leaseKeyFiles(folder)).toEqual(['lease-key.pem']);
    expect(ownLeaseKey(folder)).toBe(before);
    expect((await finish()).status).toBe(1);
    expect((await folder.command(['audit', 'list', '--json'])).stdout).toContain(
      'keys.lease-rotation-aborted',
    );
    taken(DEVICES[0] ?? '');
    await lease();
    expect(nextLeaseKey(folder)).not.toBe(next);
    expect((await shownLeaseKeys(folder)).next).toMatchObject({ have: 0 });
  },
  MINUTE,
);

test(
  'a next key that is not the one that was told of, or is gone, is not taken',
  async () => {
    await lease();
    renameSync(at('keys/lease-key.pem.next'), at('away.pem'));
    expect(await found()).toContain('is not in');
    expect((await finish()).stderr).toContain('lease-key.pem.next: not there');
    cpSync(at('keys/lease-key.pem'), at('keys/lease-key.pem.next'));
    expect((await finish()).stderr).toContain('is another key than the one that the clients were told of');
    cpSync(at('away.pem'), at('keys/lease-key.pem.next'));
    chmodSync(at('keys/lease-key.pem.next'), 0o644);
    expect((await finish()).stderr).toContain('chmod 600');
    chmodSync(at('keys/lease-key.pem.next'), 0o600);
    expect((await finish()).status).toBe(0);
  },
  MINUTE,
);

test(
  'killed at any step of beginning, it has begun or it has not, and the next try does',
  async () => {
    const points = await crashPoints(folder.path, async () => {
      expect(await lease()).toMatchObject({ status: 0, stderr: '' });
    });
    expect(points.length).toBeGreaterThan(4);
    const seen = { begun: 0, not: 0 };
    for (const point of points) {
      const left = new ServerFolder(point);
      const { next } = await shownLeaseKeys(left);
      seen[next === null ? 'not' : 'begun'] += 1;
      if (next !== null) expect(fingerprint(nextLeaseKey(left))).toBe(next.fingerprint);
      const again = await left.command(['keys', 'rotate', 'lease']);
      expect(again.status).toBe(next === null ? 0 : 1);
      expect(await left.command(['keys', 'rotate', 'lease', '--finish', '--yes'])).toMatchObject({
        status: 0,
      });
      expect(leaseKeyFiles(left)).not.toContain('lease-key.pem.next');
      await left.remove();
    }
    expect(Object.values(seen).every((count) => count > 0)).toBe(true);
  },
  5 * MINUTE,
);

const INTERRUPTED = 'a rotation of the lease key was interrupted';

test(
  'killed at any step of finishing, the server has the one key or the other, as its database says',
  async () => {
    const before = ownLeaseKey(folder);
    await lease();
    const next = nextLeaseKey(folder);
    const points = await crashPoints(folder.path, async () => {
      expect((await finish()).status).toBe(0);
    });
    expect(points.length).toBeGreaterThan(4);
    const seen = { halfDone: 0, undone: 0, done: 0 };
    for (const point of points) {
      const left = new ServerFolder(point);
      const isHalfDone = (await found(left)).includes(INTERRUPTED);
      if (isHalfDone && seen.halfDone++ === 0) {
        const { log } = await left.serve();
        expect(log()).toContain('The rotation of the lease key, which was interrupted, is done');
        await left.stopAll();
      }
      expect(await left.command(['member', 'list'])).toMatchObject({ status: 0 });
      expect(await found(left)).not.toContain(INTERRUPTED);
      const isDone = ownLeaseKey(left) === next;
      seen[isDone ? 'done' : 'undone'] += 1;
      expect(ownLeaseKey(left)).toBe(isDone ? next : before);
      const { next: under } = await shownLeaseKeys(left);
      expect(under === null).toBe(isDone);
      if (!isDone)
        expect(await left.command(['keys', 'rotate', 'lease', '--finish', '--yes'])).toMatchObject({
          status: 0,
        });
      expect(ownLeaseKey(left)).toBe(next);
      expect(leaseKeyFiles(left)).not.toContain('lease-key.pem.next');
      await left.remove();
    }
    expect(Object.values(seen).every((count) => count > 0)).toBe(true);
  },
  5 * MINUTE,
);

test(
  'a key that is mounted is replaced by whoever mounts it, and finished with the one of before at hand',
  async () => {
    renameSync(at('keys/lease-key.pem'), at('mounted.pem'));
    symlinkSync(at('mounted.pem'), at('keys/lease-key.pem'));
    const bare = await lease();
    expect(bare).toMatchObject({ status: 1, stdout: '' });
    expect(bare.stderr).toContain('is a link, and belongs to who made it, so this command cannot replace it');
    expect(bare.stderr).toContain('--write-to FILE');
    expect((await lease('--write-to', at('keys/x.pem'))).stderr).toContain('name a file in another folder');
    expect((await lease('--write-to', at('next.pem'))).status).toBe(0);
    expect(statSync(at('next.pem')).mode & 0o777).toBe(0o600);
    expect(leaseKeyFiles(folder)).toEqual(['lease-key.pem']);
    expect((await finish()).stderr).toContain(
      `was written to ${at('next.pem')}, to be put into place by you`,
    );
    unlinkSync(at('keys/lease-key.pem'));
    symlinkSync(at('next.pem'), at('keys/lease-key.pem'));
    const early = await folder.refusedStart();
    expect(early.status).toBe(1);
    expect(early.stderr).toContain('the next lease key is in its place, and its rotation is not finished');
    expect((await finish()).stderr).toContain('add --old-key FILE');
    expect((await finish('--old-key', at('next.pem'))).stderr).toContain('has the next key');
    expect((await lease('--abort', '--yes')).stderr).toContain('is in the place of the present one already');
    const done = await finish('--old-key', at('mounted.pem'));
    expect(done.status).toBe(0);
    expect(done.stdout).toContain('shred -u it');
    await folder.serve();
    expect((await shownLeaseKeys(folder)).past).toMatchObject([
      { fingerprint: fingerprint(publicKeyIn(at('mounted.pem'))) },
    ]);
  },
  MINUTE,
);

test('a lease key that was replaced comes back into force nowhere: not by its file, not by a start that has read it', async () => {
  const old = readFileSync(at('keys/lease-key.pem'));
  await lease();
  await finish();
  const present = ownLeaseKey(folder);
  const keys = lockKeys(folder.database, 'alone');
  expect(await folder.refusedStart()).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('the keys are being replaced just now'),
  });
  keys?.release();

  writeFileSync(at('keys/lease-key.pem'), old);
  const words = 'when another one took its place: computers refuse what it signs';
  expect((await folder.refusedStart()).stderr).toContain(words);
  expect((await folder.command(['member', 'list'])).stderr).toContain(words);
  expect(await found()).toContain(words);
  expect(notedKeyId()).toBe(leaseKeyIdOf(present));
});

test('options that do not go together are told apart', async () => {
  expect((await lease('--finish', '--abort')).stderr).toContain('say the one or the other');
  expect((await lease('--abort', '--write-to', at('x'))).stderr).toContain('belongs to the beginning');
  expect((await lease('--old-key', at('x'))).stderr).toContain('belongs to --finish');
  expect(leaseKeyFiles(folder)).toEqual(['lease-key.pem']);
});

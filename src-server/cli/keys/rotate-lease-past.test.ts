import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fingerprint } from '../../../src-node/fingerprint.ts';
import { nextLeaseKey, ownLeaseKey, shownLeaseKeys } from '../../testing/lease-keys.ts';
import { ServerFolder } from '../../testing/server-folder.ts';

const MINUTE = 60_000;
let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  folder.keep();
}, MINUTE);
beforeEach(() => folder.goBack());
afterEach(() => folder.stopAll());
afterAll(() => folder.remove());

const at = (name: string) => join(folder.path, name);
const lease = (...more: string[]) => folder.command(['keys', 'rotate', 'lease', ...more]);
const finish = (...more: string[]) => lease('--finish', '--yes', ...more);

test(
  'what was archived of the audit log is vouched for by the new key, and by the old one no more',
  async () => {
    const archive = (name: string) =>
      folder.command(['audit', 'archive', '--before', new Date().toISOString(), '--out', at(name)]);
    const verify = (...more: string[]) => folder.command(['audit', 'verify', ...more]);
    expect(await archive('one.jsonl')).toMatchObject({ status: 0 });
    await folder.command(['database', 'backup', '--out', at('backup.db'), '--with-keys']);
    await lease();
    expect(JSON.parse((await finish('--json')).stdout)).toMatchObject({ anchors: 1 });
    expect((await archive('two.jsonl')).status).toBe(0);
    expect(await verify()).toMatchObject({ status: 0 });
    for (const name of ['one.jsonl', 'two.jsonl'])
      expect(await verify('--archive', at(name))).toMatchObject({ status: 0 });

    // A backup from before, with the keys of now.
    const restored = await folder.command(['database', 'restore', '--yes', at('backup.db'), '--json']);
    expect(JSON.parse(restored.stdout)).toMatchObject({ isOtherLeaseKey: false });
    expect(await verify()).toMatchObject({ status: 0 });
    expect(await verify('--archive', at('one.jsonl'))).toMatchObject({ status: 0 });
    const { log } = await folder.serve();
    expect(log()).not.toContain('is not the one of before');
    await folder.stopAll();

    // Another rotation vouches for what both of them have signed.
    await archive('three.jsonl');
    await lease();
    expect(JSON.parse((await finish('--json')).stdout)).toMatchObject({ anchors: 2 });
    expect(await verify()).toMatchObject({ status: 0 });
    for (const name of ['one.jsonl', 'three.jsonl'])
      expect(await verify('--archive', at(name))).toMatchObject({ status: 0 });

    // By themselves the old keys vouch for nothing.
    const sqlite = new DatabaseSync(folder.database);
    sqlite.exec('delete from audit_anchor_vouch');
    sqlite.close();
    expect((await verify('--archive', at('one.jsonl'))).stdout).toContain("not signed by this server's key");
    expect((await verify()).status).toBe(1);
  },
  MINUTE,
);

test(
  'a backup of the keys has the next one, and restored with them the rotation goes on',
  async () => {
    await lease();
    const next = nextLeaseKey(folder);
    const backup = ['database', 'backup', '--out', at('backup.db'), '--with-keys'];
    expect(await folder.command(backup)).toMatchObject({ status: 0 });
    rmSync(at('keys/lease-key.pem.next'));
    expect(
      await folder.command(['database', 'restore', '--yes', at('backup.db'), '--with-keys']),
    ).toMatchObject({
      status: 0,
    });
    expect((await shownLeaseKeys(folder)).next).toMatchObject({ fingerprint: fingerprint(next) });
    expect((await finish()).status).toBe(0);
    expect(ownLeaseKey(folder)).toBe(next);
    // The backup is from the middle of a rotation that is finished by now.
    expect(await folder.command(['database', 'restore', '--yes', at('backup.db')])).toMatchObject({
      status: 0,
    });
    expect((await shownLeaseKeys(folder)).next).toBeNull();
    await folder.serve();
    expect(existsSync(at('keys/lease-key.pem.next'))).toBe(false);
  },
  MINUTE,
);

const restore = (...more: string[]) =>
  folder.command(['database', 'restore', '--yes', at('backup.db'), ...more]);
const backUp = () => folder.command(['database', 'backup', '--out', at('backup.db'), '--with-keys']);

test(
  'a restore with keys from the middle of a rotation warns that laptops may know the key of after it, which finishing brings back',
  async () => {
    const before = ownLeaseKey(folder);
    await lease();
    const next = nextLeaseKey(folder);
    await backUp();
    expect((await finish()).status).toBe(0);
    const { stdout } = await restore('--with-keys');
    expect(stdout).toContain(`in use from now on  ${fingerprint(before)}`);
    expect(stdout).toMatch(
      new RegExp(`which laptops may know  ${fingerprint(next)} .*kept in .*/keys.before-restore-`),
    );
    expect(stdout).toContain('before the start: postern-server keys rotate lease --finish');
    expect((await finish()).status).toBe(0);
    expect(ownLeaseKey(folder)).toBe(next);
  },
  MINUTE,
);

test(
  'a restore with keys from before a rotation warns too, and says how the newer key comes back',
  async () => {
    const before = ownLeaseKey(folder);
    await backUp();
    expect((await restore('--with-keys')).stdout).not.toContain('WARNING');
    await lease();
    await finish();
    const next = ownLeaseKey(folder);
    const { leaseKey } = JSON.parse((await restore('--with-keys', '--json')).stdout);
    expect(leaseKey).toMatchObject({
      fingerprint: fingerprint(before),
      replaced: { fingerprint: fingerprint(next) },
    });
    expect(ownLeaseKey(folder)).toBe(before);
    // As it says, with both folders.
    renameSync(folder.keys, at('older'));
    renameSync(leaseKey.replaced.keysKeptAt, folder.keys);
    expect((await restore()).stdout).not.toContain('WARNING');
    expect(ownLeaseKey(folder)).toBe(next);
  },
  MINUTE,
);

test(
  'a restore says that it forgets a rotation that was begun since',
  async () => {
    await backUp();
    await lease();
    const next = nextLeaseKey(folder);
    const { stdout } = await restore();
    expect(stdout).toContain(`fingerprint ${fingerprint(next)} was begun since, and is forgotten`);
    expect(stdout).not.toContain('nothing else was decided since');
    expect((await shownLeaseKeys(folder)).next).toBeNull();
  },
  MINUTE,
);

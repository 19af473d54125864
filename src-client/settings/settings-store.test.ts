import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSettings } from './settings-store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-h4-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (inside = folder) =>
  openSettings({ folder: inside, now: () => 7, newId: randomUUID, log: pino({ level: 'silent' }) });
const DEVICE = '00000000-0000-7000-8000-0000000000bb';

describe('the settings', () => {
  it('are read back as they were written, by their owner alone', async () => {
    const inside = join(folder, 'new');
    const first = await open(inside);
    for (let seq = 1; seq <= 50; seq++) first.change({ lastSeq: { [DEVICE]: seq } });
    expect(await first.flush()).toBe(true);
    expect(statSync(join(inside, 'settings.json')).mode & 0o777).toBe(0o600);
    expect(statSync(inside).mode & 0o777).toBe(0o700);
    const second = await open(inside);
    expect(second.current).toEqual(first.current);
    expect(second.current.lastSeq).toEqual({ [DEVICE]: 50 });
    expect(readdirSync(inside)).toEqual(['settings.json']);
  });

  it.each(['', '{', '[]', '{"version":2}', '{"version":1,"profileId":"x"}'])(
    'that are damaged (%j) are kept aside, with a notice',
    async (damaged) => {
      writeFileSync(join(folder, 'settings.json'), damaged);
      const store = await open();
      expect(store.notice).toContain('damaged');
      expect(store.current.account).toBeNull();
      expect(readFileSync(join(folder, 'settings.json.damaged-7'), 'utf8')).toBe(damaged);
    },
  );

  it('that cannot be written are said to be so, and stay in force', async () => {
    const store = await open();
    rmSync(folder, { recursive: true });
    // A file where the folder was: not even root can write into it.
    writeFileSync(folder, '');
    chmodSync(folder, 0o600);
    store.change({ lastSeq: { [DEVICE]: 3 } });
    expect(await store.flush()).toBe(false);
    expect(store.current.lastSeq).toEqual({ [DEVICE]: 3 });
  });
});

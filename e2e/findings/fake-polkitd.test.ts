import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemBusAddress } from '../../src-client/system-bus.ts';
import { createPolkitProvider, UNLOCK_ACTION } from '../../src-client/unlock/polkit.ts';
import { type MockPolkit, startMockPolkit } from '../../src-client/unlock/testing/mock-polkit.ts';

const log = pino({ level: 'silent' });
const request = { nonce: 'bm9uY2U', reasonText: 'connect', signal: new AbortController().signal };

describe('a polkitd of the attacker’s own, named by DBUS_SYSTEM_BUS_ADDRESS', () => {
  let folder: string;
  let fake: MockPolkit;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'pst-fake-'));
    chmodSync(folder, 0o777);
    fake = await startMockPolkit(folder);
    await fake.mock('SetAllowed', 'as', [UNLOCK_ACTION]);
  });
  afterEach(async () => {
    await fake.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const provider = (isPackaged: boolean) =>
    createPolkitProvider({
      busAddress: () => systemBusAddress({ isPackaged, env: { DBUS_SYSTEM_BUS_ADDRESS: fake.busAddress } }),
      uid: 1000,
      log,
    });

  it('is never asked by an installed app, so its yes is worth nothing', async () => {
    expect(await provider(true).prove(request)).not.toMatchObject({ outcome: 'verified' });
    await provider(true).obstacle();
    expect(await fake.mock('Asked')).toEqual([]);
  });

  it('would have said yes: from a checkout, where the tests need it, it is believed', async () => {
    expect(await provider(false).prove(request)).toMatchObject({ outcome: 'verified' });
    expect(await fake.mock('Asked')).not.toEqual([]);
  });

  it('is not believed on the right bus either, when its owner is neither root nor polkitd', async () => {
    await fake.stop();
    fake = await startMockPolkit(folder, 65_534);
    await fake.mock('SetAllowed', 'as', [UNLOCK_ACTION]);
    expect(await provider(false).prove(request)).toEqual({ outcome: 'unavailable' });
    expect(await fake.mock('Asked')).toEqual([]);
  });
});

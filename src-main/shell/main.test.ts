import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { app as fakeApp } from './testing/fake-electron.ts';

let profile: string;
const argv = [...process.argv];

beforeAll(() => {
  profile = mkdtempSync(path.join(tmpdir(), 'postern-main-'));
  process.env.POSTERN_PROFILE = path.join(profile, 'p');
});
afterAll(() => {
  delete process.env.POSTERN_PROFILE;
  rmSync(profile, { recursive: true, force: true });
});
beforeEach(() => {
  vi.resetModules();
  process.argv = [...argv.slice(0, 2)];
});

/** What the entry module does by itself, before Electron is ready. */
async function start(machine: { isPackaged?: boolean; isFirst?: boolean } = {}): Promise<typeof fakeApp> {
  vi.doMock('electron', () => import('./testing/fake-electron.ts'));
  const { app } = await import('./testing/fake-electron.ts');
  Object.assign(app, machine);
  await import('../main.ts');
  return app;
}

describe('checklist', () => {
  test('6: the sandbox is on, and the scheme known, before anything waits for Electron', async () => {
    const { calls } = await start();
    expect(calls.indexOf('enableSandbox')).toBe(0);
    expect(calls.indexOf('registerSchemesAsPrivileged')).toBeGreaterThan(-1);
    expect(calls.indexOf('registerSchemesAsPrivileged')).toBeLessThan(calls.indexOf('whenReady'));
  });

  test('32: an installed app that is started with a switch that opens it ends at once', async () => {
    process.argv = ['/opt/Postern/postern', '--remote-debugging-port=9222'];
    expect((await start({ isPackaged: true })).calls).toEqual(['exit 64']);
  });

  test('34: a second instance ends, and the first only comes forward', async () => {
    const second = await start({ isFirst: false });
    expect(second.calls).toContain('quit');
    expect(second.calls).not.toContain('whenReady');
  });

  test('40: the folders of the profile are the user’s alone', async () => {
    await start();
    expect(statSync(path.join(profile, 'p')).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(profile, 'p/window')).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(profile, 'p/postern.log')).mode & 0o777).toBe(0o600);
  });
});

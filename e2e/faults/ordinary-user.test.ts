import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryRun } from '../../lab/stack/run.ts';
import { checkout, follow, type StackProcess } from '../stack/stack-process.ts';

const uid = 65_534;

describe('an ordinary user', () => {
  let base: string;
  let demo: StackProcess | null = null;
  beforeAll(() => {
    base = mkdtempSync(path.join(tmpdir(), 'pst-f2-user-'));
    chmodSync(base, 0o755);
  });
  afterAll(async () => {
    demo?.kill('SIGTERM');
    await demo?.ended;
    rmSync(base, { recursive: true, force: true });
  });

  it.runIf(process.getuid?.() === 0)('plays the whole story in a user namespace of its own', async () => {
    const home = path.join(base, 'home');
    mkdirSync(home);
    chownSync(home, uid, uid);
    // /dev/net/tun belongs to root here; on a desktop everyone may open it. Only this process tree sees the change.
    const script = [
      `mknod ${home}/tun c 10 200 && chmod 666 ${home}/tun && mount --bind ${home}/tun /dev/net/tun`,
      `mount --bind ${checkout} /mnt && cd /mnt`,
      `exec setpriv --reuid ${uid} --regid ${uid} --clear-groups env HOME=${home} /mnt/node_modules/.bin/node /mnt/scripts/start.ts --demo --dir ${home}/.postern`,
    ].join(' && ');
    const child = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script], { cwd: '/' });
    demo = follow(child, path.join(home, '.postern'));
    expect(await demo.ended, demo.output()).toBe(0);
    expect(demo.output()).toContain('Every step held.');
    expect((await tryRun('pgrep', ['-u', String(uid), '-f', home])).stdout).toBe('');
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'postern-setup-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const module = (name: string): string => JSON.stringify(path.join(import.meta.dirname, name));

/** Runs a small program and resolves with what it printed. */
function node(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      said += String(text);
    });
  return new Promise((resolve) => child.once('close', () => resolve(said)));
}

describe('the set-up lock', () => {
  const locked = (name: string) => `
    import { appendFileSync } from 'node:fs';
    import { withSetupLock } from ${module('lock.mjs')};
    await withSetupLock(process.cwd(), async () => {
      appendFileSync('order', '${name} in, ');
      await new Promise((done) => setTimeout(done, 200));
      appendFileSync('order', '${name} out, ');
    });`;

  it('lets one set-up at a time through', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => node(locked(name))));
    const order = readFileSync(path.join(root, 'order'), 'utf8');
    expect(order.match(/(\w) in, \1 out, /g)).toHaveLength(3);
  });

  it('is taken over from a set-up that was killed', async () => {
    mkdirSync(path.join(root, '.postern'));
    const gone = spawnSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' });
    writeFileSync(path.join(root, '.postern/setup.lock'), `${gone.stdout.trim()} 1`);
    await node(locked('late'));
    expect(readFileSync(path.join(root, 'order'), 'utf8')).toBe('late in, late out, ');
    expect(existsSync(path.join(root, '.postern/setup.lock'))).toBe(false);
  });
});

describe('the npm packages', () => {
  const ensure = `
    import { ensureNpmPackages } from ${module('npm-packages.mjs')};
    console.log('ready:', await ensureNpmPackages(process.cwd()));`;
  const lock = { name: 'x', lockfileVersion: 3, packages: { '': { name: 'x' } } };
  const prepare = () => {
    writeFileSync(path.join(root, 'package.json'), '{"name":"x","private":true}');
    writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify(lock));
    mkdirSync(path.join(root, 'node_modules/.bin'), { recursive: true });
  };

  it('are left alone when npm recorded the very packages of the lock file', async () => {
    prepare();
    writeFileSync(path.join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: {} }));
    writeFileSync(path.join(root, 'node_modules/.bin/node'), '');
    expect(await node(ensure)).toBe('ready: true\n');
  });

  it('are installed anew when the lock file changed, and a missing Node is said in words', async () => {
    prepare();
    writeFileSync(path.join(root, 'node_modules/.postern-lock'), 'of an older lock file');
    const said = await node(ensure);
    expect(said).toContain('Installing the npm packages');
    expect(said).toContain('npm rebuild node');
    expect(said).toContain('ready: false');
  });
});

describe('the command line', () => {
  const checkout = path.dirname(path.dirname(import.meta.dirname));
  const setUp = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(checkout, 'scripts/setup.mjs'), ...args], {
      cwd: root,
      encoding: 'utf8',
    });

  it('refuses an unknown command with a line that names the known ones', () => {
    const { status, stderr } = setUp('strat');
    expect(status).toBe(64);
    expect(stderr).toContain('start|stack|test');
  });

  it('passes arguments on and hands the exit code back', () => {
    const { status, stderr } = setUp('authenticator', 'nobody@example.com');
    expect(status).toBe(1);
    expect(stderr).toContain('npm run stack');
  });

  it('names each missing program and what it is for when it cannot install it', () => {
    cpSync(path.join(checkout, 'scripts/setup/debian-packages.mjs'), path.join(root, 'debian-packages.mjs'));
    const source = readFileSync(path.join(root, 'debian-packages.mjs'), 'utf8');
    // No folder holds any program, and this is no Debian: what a Fedora user without anything would see.
    const elsewhere = source
      .replace(/const programFolders = \[[^\]]*\]/, 'const programFolders = []')
      .replaceAll('/etc/os-release', '/nonexistent');
    expect(elsewhere).not.toBe(source);
    writeFileSync(path.join(root, 'elsewhere.mjs'), elsewhere);
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { ensureDebianPackages } from './elsewhere.mjs';
         console.log(await ensureDebianPackages({ isTestRun: false }));`,
      ],
      { cwd: root, encoding: 'utf8' },
    );
    expect(stdout).toBe('false\n');
    for (const name of ['wireguard-tools', 'iproute2', 'dbus', 'gnome-keyring', 'openssl'])
      expect(stderr).toMatch(new RegExp(`^ {2}${name} +\\w.+`, 'm'));
    expect(stderr).toContain('sudo apt-get install wireguard-tools');
  });
});

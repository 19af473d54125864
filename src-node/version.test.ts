import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { versionText } from './version.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pst-version-'));
  mkdirSync(join(root, '.git', 'refs', 'heads'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const commit = '0123456789abcdef0123456789abcdef01234567';
const git = (file: string, content: string) => writeFileSync(join(root, '.git', file), `${content}\n`);

test('the commit of a checkout is told, on a branch, packed or detached', () => {
  git('HEAD', 'ref: refs/heads/main');
  expect(versionText(root)).toBe(packageJson.version);
  git('packed-refs', `# pack-refs\n${commit} refs/heads/main`);
  expect(versionText(root)).toBe(`${packageJson.version} (0123456789ab)`);
  git('refs/heads/main', `f${commit}`);
  expect(versionText(root)).toBe(`${packageJson.version} (f0123456789a)`);
  git('HEAD', commit);
  expect(versionText(root)).toBe(`${packageJson.version} (0123456789ab)`);
});

test('a package without a checkout is known by its version', () => {
  rmSync(join(root, '.git'), { recursive: true });
  expect(versionText(root)).toBe(packageJson.version);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';

const checkout = path.dirname(import.meta.dirname);
const biome = path.join(checkout, 'node_modules/.bin/biome');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-lint-'));
  const config = z.looseObject({}).parse(JSON.parse(readFileSync(path.join(checkout, 'biome.json'), 'utf8')));
  writeFileSync(path.join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: undefined }));
  execFileSync(biome, ['--version']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether the linter refuses `line` in `file` because of what it imports. */
function isRefused(file: string, line: string): boolean {
  const place = path.join(folder, file);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, `${line}\n`);
  const run = spawnSync(biome, ['lint', '--only=style/noRestrictedImports', file], {
    cwd: folder,
    encoding: 'utf8',
  });
  rmSync(place);
  const isRestricted =
    run.stderr.includes('noRestrictedImports') || run.stdout.includes('noRestrictedImports');
  if ((run.status !== 0) !== isRestricted) throw new Error(`the linter itself failed: ${run.stderr}`);
  return isRestricted;
}

const from = (source: string) => `export { x } from '${source}';`;

describe('imports run one way', () => {
  it.each([
    ['src-shared/a.ts', 'undici'],
    ['src-shared/a.ts', 'node:fs'],
    ['src-shared/a.ts', '../src-node/config.ts'],
    ['src-shared/deep/a.ts', '../../src-server/config.ts'],
    ['src-node/a.ts', '../src-server/config.ts'],
    ['src-node/wireguard/a.ts', '../../src-main/client/core.ts'],
    ['src-server/a.ts', '../src-gateway/agent.ts'],
    ['src-server/deep/a.ts', '../../src-main/client/core.ts'],
    ['src-server/deep/a.ts', '../../src-renderer/parts/button.tsx'],
    ['src-server/a.ts', './panel/app.tsx'],
    ['src-server/panel/a.ts', '../../src-node/config.ts'],
    ['src-server/panel/deep/a.ts', '../../../src-renderer/store/snapshot-store.ts'],
    ['src-server/panel/deep/a.ts', '../../../src-renderer/app.tsx'],
    ['src-gateway/a.ts', '../src-server/config.ts'],
    ['src-helper/linux/a.ts', '../../src-gateway/agent.ts'],
    ['src-helper/a.ts', '../src-cli/cli.ts'],
    ['src-main/client/a.ts', '../shell/tray.ts'],
    ['src-main/client/deep/a.ts', '../../shell/tray.ts'],
    ['src-main/client/a.ts', '../../src-server/config.ts'],
    ['src-cli/a.ts', '../src-main/shell/tray.ts'],
    ['src-cli/a.ts', '../src-server/config.ts'],
    ['src-renderer/a.ts', '../src-client/core.ts'],
    ['src-renderer/a.ts', '../src-node/config.ts'],
    ['src-main/shell/a.ts', '../../src-server/config.ts'],
    ['src-main/client/a.ts', 'electron'],
    ['src-cli/a.ts', 'electron'],
    ['src-renderer/a.ts', 'electron'],
    ['src-unlock-page/a.ts', 'electron'],
    ['src-unlock-page/a.ts', '../src-main/shell/ipc.ts'],
    ['src-server/a.ts', 'electron/main'],
    ['scripts/a.ts', 'electron'],
  ])('%s may not import %s', (file, source) => {
    expect(isRefused(file, from(source))).toBe(true);
  });

  it.each([
    ['src-shared/a.ts', 'zod'],
    ['src-shared/a.ts', './problem.ts'],
    ['src-shared/deep/a.ts', '../problem.ts'],
    ['src-node/a.ts', '../src-shared/problem.ts'],
    ['src-node/wireguard/a.ts', 'node:net'],
    ['src-server/deep/a.ts', '../../src-shared/problem.ts'],
    ['src-server/deep/a.ts', '../../src-node/config.ts'],
    ['src-server/deep/a.ts', '../other/b.ts'],
    ['src-server/deep/a.ts', '../../src-shared/panel/session.ts'],
    ['src-server/panel/deep/a.ts', '../../../src-shared/panel/session.ts'],
    ['src-server/panel/deep/a.ts', '../../../src-renderer/parts/button.tsx'],
    ['src-server/panel/a.ts', '../../src-renderer/styles/tokens.css'],
    ['src-server/panel/a.ts', '../../src-renderer/surroundings.ts'],
    ['src-gateway/a.ts', 'ws'],
    ['src-main/client/deep/a.ts', '../core.ts'],
    ['src-main/client/a.ts', '../../src-node/backoff.ts'],
    ['src-cli/a.ts', '../src-client/core.ts'],
    ['src-main/shell/a.ts', 'electron'],
    ['src-main/main.ts', 'electron'],
    ['src-main/shell/a.ts', '../client/core.ts'],
    ['scripts/a.ts', '../src-server/config.ts'],
    ['e2e/stack/a.ts', '../../scripts/stack/start-stack.ts'],
  ])('%s may import %s', (file, source) => {
    expect(isRefused(file, from(source))).toBe(false);
  });

  it('holds for types, dynamic imports and side effects too', () => {
    expect(
      isRefused('src-server/a.ts', "import type { x } from '../src-cli/cli.ts'; export type Y = x;"),
    ).toBe(true);
    expect(isRefused('src-server/a.ts', "export const x = await import('../src-cli/cli.ts');")).toBe(true);
    expect(isRefused('src-server/a.ts', "import '../src-cli/cli.ts';")).toBe(true);
  });
});

describe('what crashes the process on a locked keyring', () => {
  it.each(['findCredentials', 'findPassword'])('%s is banned', (name) => {
    expect(isRefused('src-main/client/a.ts', `import { ${name} } from 'keytar'; ${name}('x');`)).toBe(true);
    expect(isRefused('src-main/shell/a.ts', `import { ${name} } from 'keytar'; ${name}('x');`)).toBe(true);
  });

  it('leaves the rest of keytar alone', () => {
    expect(
      isRefused('src-main/client/a.ts', "import { getPassword } from 'keytar'; getPassword('x', 'y');"),
    ).toBe(false);
  });

  it('is nowhere called through the default import either', () => {
    const sources = globSync('src-*/**/*.ts', { cwd: checkout }).filter((file) => !file.endsWith('.test.ts'));
    expect(sources.length).toBeGreaterThan(10);
    const callers = sources.filter((file) =>
      /\bfind(Credentials|Password)\s*\(/.test(readFileSync(path.join(checkout, file), 'utf8')),
    );
    expect(callers).toEqual([]);
  });
});

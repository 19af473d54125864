import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkout } from '../../lab/stack/folders.ts';

const biome = path.join(checkout, 'node_modules/.bin/biome');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-lint-'));
  const config = z.looseObject({}).parse(JSON.parse(readFileSync(path.join(checkout, 'biome.json'), 'utf8')));
  writeFileSync(path.join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: undefined }));
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

describe('what crashes the process on a locked keyring', () => {
  it.each(['findCredentials', 'findPassword'])('%s is banned', (name) => {
    expect(isRefused('src-client/a.ts', `import { ${name} } from 'keytar'; ${name}('x');`)).toBe(true);
    expect(isRefused('src-main/shell/a.ts', `import { ${name} } from 'keytar'; ${name}('x');`)).toBe(true);
  });

  it('leaves the rest of keytar alone', () => {
    expect(isRefused('src-client/a.ts', "import { getPassword } from 'keytar'; getPassword('x', 'y');")).toBe(
      false,
    );
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

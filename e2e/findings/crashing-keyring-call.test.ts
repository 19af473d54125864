import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout } from '../../scripts/stack/folders.ts';
import { tryRun } from '../../scripts/stack/run.ts';

/** The native calls that end the process on a locked keyring (SIGSEGV), wherever they come from. */
const CRASHING = /\bfind(Credentials|Password)\b/;

describe('a locked keyring that makes the native library crash the process', () => {
  it('is never asked for all of its items: no source has the call', () => {
    const found: string[] = [];
    for (const folder of readdirSync(checkout).filter((name) => name.startsWith('src-')))
      for (const file of readdirSync(path.join(checkout, folder), { recursive: true, encoding: 'utf8' })) {
        if (!/\.(ts|tsx|mjs|cjs)$/.test(file)) continue;
        if (CRASHING.test(readFileSync(path.join(checkout, folder, file), 'utf8')))
          found.push(path.join(folder, file));
      }
    expect(found).toEqual([]);
  });

  it.each(['src-main/client/keychain', 'src-main/shell', 'src-cli'])(
    'the linter refuses it in %s',
    async (place) => {
      const folder = mkdtempSync(path.join(checkout, place, 'finding-'));
      try {
        const sample = path.join(folder, 'sample.ts');
        const text =
          "import { findCredentials } from 'keytar';\n\nexport const all = findCredentials('x');\n";
        writeFileSync(sample, text);
        const { code, stdout, stderr } = await tryRun(path.join(checkout, 'node_modules/.bin/biome'), [
          'lint',
          '--vcs-enabled=false',
          sample,
        ]);
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain('crash the process on a locked keyring');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

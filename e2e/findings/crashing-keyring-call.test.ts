import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout } from '../../lab/stack/folders.ts';

/** `scripts/import-directions.test.ts` proves the lint rule; this also sees calls that no import statement names. */

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
    expect(CRASHING.test("(await import('keytar')).findCredentials('x')")).toBe(true);
  });
});

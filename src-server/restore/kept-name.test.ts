import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { keptName } from './kept-name.ts';

test('what two restores of one second keep has two names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-name-'));
  try {
    const now = Date.parse('2026-11-29T23:49:48.123Z');
    const first = keptName(join(folder, 'postern.db'), now);
    expect(basename(first)).toBe('postern.db.before-restore-20261129T234948Z');
    writeFileSync(first, '');
    const second = keptName(join(folder, 'postern.db'), now + 500);
    expect(second).toBe(`${first}-2`);
    mkdirSync(second);
    expect(keptName(join(folder, 'postern.db'), now)).toBe(`${first}-3`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const checkout = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(checkout, file), 'utf8');
const isTest = (file: string) => /\.test\.tsx?$|\/(testing|harness)\//.test(file);
const sources = (pattern: string) =>
  globSync(pattern, { cwd: checkout })
    .filter((file) => !isTest(file))
    .map((file) => ({ file, text: read(file) }));
const main = sources('{src-main,src-client}/**/*.ts');
const page = sources('{src-renderer,src-ui}/**/*.{ts,tsx}');

describe('checklist', () => {
  test('21: no certificate that the system refuses is accepted', () => {
    for (const { file, text } of main)
      expect
        .soft(text, file)
        .not.toMatch(
          /setCertificateVerifyProc|'certificate-error'|rejectUnauthorized: false|NODE_TLS_REJECT/,
        );
  });

  test('33: one place starts programs: by absolute path, with a scrubbed environment, without a shell', () => {
    for (const { file, text } of main) expect.soft(text, file).not.toMatch(/child_process|utilityProcess/);
    const shared = sources('{src-node,src-shared}/**/*.ts').filter(
      ({ file }) => !file.includes('wireguard/'),
    );
    const starters = shared.filter(({ text }) => text.includes('child_process'));
    expect(starters.map(({ file }) => file)).toEqual(['src-node/run-program.ts']);
    for (const { text } of starters) {
      expect(text).toContain('shell: false');
      expect(text).toContain('env: { ...SCRUBBED_ENV, ...env }');
      expect(text).toContain('if (!isAbsolute(path)) throw');
      expect(text).not.toMatch(/shell: true|\bexec\(|execSync|spawnSync/);
    }
    for (const { file, text } of main)
      expect.soft(text, file).not.toMatch(/src-node\/wireguard\/(?!key-pair)/);
  });

  test('36: keytar is the one store for secrets', () => {
    for (const { file, text } of [...main, ...page]) expect.soft(text, file).not.toMatch(/safeStorage/);
    for (const { file, text } of page)
      expect.soft(text, file).not.toMatch(/localStorage|sessionStorage|indexedDB|document\.cookie/);
  });

  test('37: the clipboard is main’s alone', () => {
    expect(page.length).toBeGreaterThan(10);
    for (const { file, text } of page)
      expect.soft(text, file).not.toMatch(/navigator\.clipboard|execCommand|from 'electron'/);
    const users = main.filter(({ text }) => /\bclipboard\.\w+\(/.test(text)).map(({ file }) => file);
    expect(users).toEqual(['src-main/shell/desktop.ts']);
  });
});

test('each of the forty lines has a test that begins with its number', () => {
  const files = globSync('{src-main,src-client,scripts,e2e}/**/*.test.ts', { cwd: checkout });
  const covered = new Set<number>();
  for (const file of files)
    for (const match of read(file).matchAll(/\btest(?:\.each\([\s\S]*?\))?\(\s*'(\d+): /g))
      covered.add(Number(match[1]));
  const missing = Array.from({ length: 40 }, (_, index) => index + 1).filter((line) => !covered.has(line));
  expect(missing).toEqual([]);
});

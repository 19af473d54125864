import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSealedBox } from './sealed-box.ts';
import { generateServerKeys, loadServerKeys } from './server-keys.ts';

const issuer = 'https://vpn.example.com';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-h1-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('generated keys load, are private to their owner, and are never replaced', async () => {
  const keysDir = join(folder, 'keys');
  const made = generateServerKeys(keysDir, {});
  expect(made).toHaveLength(2);
  for (const path of made) expect(statSync(path).mode & 0o777).toBe(0o600);
  const before = made.map((path) => readFileSync(path, 'utf8'));
  expect(generateServerKeys(keysDir, {})).toEqual([]);
  expect(made.map((path) => readFileSync(path, 'utf8'))).toEqual(before);

  const loaded = await loadServerKeys(keysDir, issuer, {});
  expect(loaded).toMatchObject({ ok: true, keys: { serverKey: { issuer } } });
  if (loaded.ok) expect(loaded.keys.serverKey.publicKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test.each([0o640, 0o604, 0o620])('a key file with mode %o is refused and the way out named', async (mode) => {
  generateServerKeys(folder, {});
  chmodSync(join(folder, 'encryption.key'), mode);
  const loaded = await loadServerKeys(folder, issuer, {});
  expect(loaded).toMatchObject({ ok: false, mistakes: [expect.stringContaining('chmod 600')] });
});

test('missing and damaged keys are all named at once', async () => {
  writeFileSync(join(folder, 'encryption.key'), 'c2hvcnQ', { mode: 0o600 });
  const loaded = await loadServerKeys(folder, issuer, {});
  expect(loaded).toMatchObject({
    ok: false,
    mistakes: [expect.stringContaining('lease-key.pem: not there'), expect.stringContaining('32 bytes')],
  });
});

test('the encryption key may come from the environment instead of a file', async () => {
  const env = { POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64url') };
  expect(generateServerKeys(folder, env)).toHaveLength(1);
  expect(await loadServerKeys(folder, issuer, env)).toMatchObject({ ok: true });
});

test('a sealed secret opens unchanged, never looks the same twice, and a changed byte or key is noticed', () => {
  const box = makeSealedBox(Buffer.alloc(32, 1));
  const plain = Buffer.from('a secret');
  const sealed = box.seal(plain);
  expect(Buffer.from(box.open(sealed))).toEqual(plain);
  expect(box.seal(plain)).not.toEqual(sealed);
  for (let index = 0; index < sealed.length; index++) {
    const changed = Uint8Array.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(() => box.open(changed)).toThrow();
  }
  expect(() => makeSealedBox(Buffer.alloc(32, 2)).open(sealed)).toThrow();
});

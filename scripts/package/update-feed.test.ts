import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isSignedUpdate, readUpdateFeed } from '../../src-main/app/update-feed.ts';
import { feedFile, feedSettings, signFeed } from './update-feed.ts';

const pem = (type: 'ed25519' | 'x25519') => {
  const { privateKey } = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};

test('without address and key there is no feed, and half of it is a mistake', () => {
  expect(feedSettings({})).toBe(null);
  expect(() => feedSettings({ POSTERN_UPDATE_URL: 'https://updates.example' })).toThrow(/go together/);
  expect(() => feedSettings({ POSTERN_UPDATE_KEY: pem('ed25519') })).toThrow(/go together/);
  const wrong = { POSTERN_UPDATE_URL: 'https://updates.example', POSTERN_UPDATE_KEY: pem('x25519') };
  expect(() => feedSettings(wrong)).toThrow(/no Ed25519/);
});

test('a feed that is not on HTTPS does not ship', () => {
  const settings = feedSettings({
    POSTERN_UPDATE_URL: 'http://a.example',
    POSTERN_UPDATE_KEY: pem('ed25519'),
  });
  expect(() => settings && feedFile(settings)).toThrow();
});

test('the app accepts what was signed, and nothing that was changed after', () => {
  const settings = feedSettings({
    POSTERN_UPDATE_URL: 'https://updates.example/postern/',
    POSTERN_UPDATE_KEY: pem('ed25519'),
  });
  if (!settings) throw new Error('expected a feed');
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-feed-'));
  try {
    writeFileSync(path.join(folder, 'update-feed.json'), feedFile(settings));
    const text = 'version: 1.2.0\nfiles:\n  - url: postern.deb\n    sha512: c2hhNTEy\nsha512: c2hhNTEy\n';
    writeFileSync(path.join(folder, 'latest-linux.yml'), text);
    expect(signFeed(folder, settings)).toEqual(['latest-linux.yml']);
    const feed = readUpdateFeed(path.join(folder, 'update-feed.json'));
    if (!feed) throw new Error('expected a feed');
    const signature = readFileSync(path.join(folder, 'latest-linux.yml.sig'), 'utf8');
    const offered = { version: '1.2.0', files: [{ sha512: 'c2hhNTEy' }] };
    expect(isSignedUpdate(feed, text, signature, offered)).toBe(true);
    expect(isSignedUpdate(feed, text.replace('1.2.0', '1.3.0'), signature, offered)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

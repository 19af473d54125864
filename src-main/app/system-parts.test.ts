import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { autostartEntry, autostartPath, setAutostart } from './autostart-entry.ts';
import { createInbox } from './inbox.ts';
import { watchOnline } from './online-watch.ts';
import { feedFileName, isSignedUpdate, readUpdateFeed } from './update-feed.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-system-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => void vi.useRealTimers());

test('going offline and coming online are told, each once', () => {
  vi.useFakeTimers();
  const world = { isOnline: false };
  const heard: boolean[] = [];
  const watch = watchOnline({ isOnline: () => world.isOnline, onOnline: (isOnline) => heard.push(isOnline) });
  vi.advanceTimersByTime(10_000);
  expect(heard).toEqual([]);
  world.isOnline = true;
  vi.advanceTimersByTime(10_000);
  expect(heard.splice(0)).toEqual([true]);
  watch.stop();
  world.isOnline = false;
  vi.advanceTimersByTime(10_000);
  expect(heard).toEqual([]);
});

test('what comes before anybody listens is kept in order', () => {
  const inbox = createInbox<number>();
  const got: number[] = [];
  inbox.put(1);
  inbox.put(2);
  inbox.open((item) => got.push(item));
  inbox.put(3);
  expect(got).toEqual([1, 2, 3]);
});

test('the entry for a start at login quotes what a desktop would read as something else', async () => {
  const file = autostartPath({ XDG_CONFIG_HOME: folder });
  await setAutostart(file, ['/opt/My "App"/postern $x', '--hidden', '100%']);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(String.raw`Exec="/opt/My \\"App\\"/postern \\$x" "--hidden" "100%%"`);
  expect(autostartEntry(['/usr/bin/postern-desktop'])).toContain('Type=Application\nName=Postern\n');
  await setAutostart(file, null);
  expect(() => readFileSync(file)).toThrow('ENOENT');
  await setAutostart(file, null);
});

test('an update is taken only as the signed feed describes it', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' });
  const feed = { url: 'https://updates.example', publicKey: jwk.x ?? '' };
  const text =
    'version: 1.2.0\nfiles:\n  - url: postern.AppImage\n    sha512: abc+/=\n    size: 9\npath: x\n';
  const signed = (content: string) => sign(null, Buffer.from(content), privateKey).toString('base64');
  const offered = { version: '1.2.0', files: [{ sha512: 'abc+/=' }] };
  expect(isSignedUpdate(feed, text, signed(text), offered)).toBe(true);
  expect(isSignedUpdate(feed, text, `${signed(text)}\n`, offered)).toBe(true);
  const evil = text.replace('abc', 'evil');
  expect(isSignedUpdate(feed, evil, signed(text), { ...offered, files: [{ sha512: 'evil+/=' }] })).toBe(
    false,
  );
  expect(isSignedUpdate(feed, text, signed(text), { ...offered, files: [{ sha512: 'evil' }] })).toBe(false);
  expect(isSignedUpdate(feed, text, signed(text), { ...offered, version: '1.1.0' })).toBe(false);
  expect(isSignedUpdate(feed, text, signed(text), { ...offered, files: [] })).toBe(false);
  expect(isSignedUpdate(feed, text, '', offered)).toBe(false);
  expect(feedFileName('linux', 'arm64')).toBe('latest-linux-arm64.yml');
  expect(readUpdateFeed(path.join(folder, 'none.json'))).toBeNull();
});

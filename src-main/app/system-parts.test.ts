import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { autostartEntry, autostartPath, setAutostart } from './autostart-entry.ts';
import { createInbox } from './inbox.ts';
import { networkFingerprint, watchNetwork } from './network-watch.ts';
import { feedFileName, isSignedUpdate, readUpdateFeed } from './update-feed.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-system-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => void vi.useRealTimers());

const v4 = (address: string, internal = false): NetworkInterfaceInfo => ({
  family: 'IPv4',
  address,
  netmask: '255.255.255.0',
  mac: '00:00:00:00:00:00',
  internal,
  cidr: `${address}/24`,
});

test('a network change is another address of this computer, not the tunnel that came up', () => {
  const home = { eth0: [v4('192.0.2.5')], lo: [v4('127.0.0.1', true)] };
  expect(networkFingerprint({ ...home, postern0: [v4('10.0.0.2')], 'wg-x': [v4('10.1.0.2')] })).toBe(
    networkFingerprint(home),
  );
  expect(networkFingerprint({ eth0: [v4('198.51.100.5')] })).not.toBe(networkFingerprint(home));
});

test('coming online and roaming are told, each once', () => {
  vi.useFakeTimers();
  const world = { isOnline: false, address: '192.0.2.5' };
  const heard: string[] = [];
  const watch = watchNetwork({
    isOnline: () => world.isOnline,
    interfaces: () => ({ eth0: [v4(world.address)] }),
    onNetworkChanged: () => heard.push('changed'),
    onOnline: (isOnline) => heard.push(`online ${isOnline}`),
  });
  vi.advanceTimersByTime(10_000);
  expect(heard).toEqual([]);
  world.isOnline = true;
  vi.advanceTimersByTime(10_000);
  expect(heard.splice(0)).toEqual(['online true', 'changed']);
  world.address = '198.51.100.7';
  vi.advanceTimersByTime(10_000);
  expect(heard.splice(0)).toEqual(['changed']);
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

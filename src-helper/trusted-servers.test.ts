import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fingerprint } from '../src-node/fingerprint.ts';
import { isPlainIssuer, TrustedServers, trustCommand } from './trusted-servers.ts';

const uid = process.getuid?.() ?? 0;
const key = (letter: string) => letter.repeat(43);
let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-trust-'));
  path = join(directory, 'etc', 'trusted-servers.json');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('adds, replaces and removes servers in a file that all may read', async () => {
  const admin = new TrustedServers(path, { ownerUid: uid });
  expect(admin.list()).toEqual({ ok: true, value: [] });
  await admin.trust({ issuer: 'https://a.test', publicKey: key('A') });
  await admin.trust({ issuer: 'https://b.test', publicKey: key('B') });
  await admin.trust({ issuer: 'https://a.test', publicKey: key('C') });
  expect(admin.list()).toEqual({
    ok: true,
    value: [
      { issuer: 'https://a.test', publicKey: key('C') },
      { issuer: 'https://b.test', publicKey: key('B') },
    ],
  });
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  expect((await admin.untrust('https://b.test')).ok).toBe(true);
  expect(await admin.untrust('https://b.test')).toMatchObject({ ok: false, problem: { code: 'not-found' } });
});

it('is read again by one who is running already', async () => {
  const running = new TrustedServers(path, { ownerUid: uid });
  expect(running.list()).toEqual({ ok: true, value: [] });
  await new TrustedServers(path, { ownerUid: uid }).trust({ issuer: 'https://a.test', publicKey: key('A') });
  expect(running.list()).toMatchObject({ value: [{ issuer: 'https://a.test' }] });
  await new TrustedServers(path, { ownerUid: uid }).untrust('https://a.test');
  expect(running.list()).toEqual({ ok: true, value: [] });
});

it('refuses a file that others may write, that belongs to another user, or that is broken', async () => {
  await new TrustedServers(path, { ownerUid: uid }).trust({ issuer: 'https://a.test', publicKey: key('A') });
  expect(new TrustedServers(path, { ownerUid: uid + 1 }).list().ok).toBe(false);
  await chmod(path, 0o664);
  expect(new TrustedServers(path, { ownerUid: uid }).list().ok).toBe(false);
  await chmod(path, 0o644);
  expect(new TrustedServers(path, { ownerUid: uid }).list().ok).toBe(true);
  await writeFile(path, '{"version":1,"servers":[{"issuer":"https://a.test"}]}');
  expect(new TrustedServers(path, { ownerUid: uid }).list().ok).toBe(false);
  await writeFile(path, '{');
  expect(new TrustedServers(path, { ownerUid: uid }).list().ok).toBe(false);
});

it.each([
  ["https://x.test/';reboot;'", false],
  ['https://x.test/$(reboot)', false],
  ['https://x.test/\u001b[2J', false],
  ['https://x.test\n', false],
  ['file:///etc/passwd', false],
  ['https://vpn.example.com:8443/postern', true],
  ['https://[2001:db8::1]:8443', true],
])('knows what may stand in a line that an administrator pastes: %j %s', (issuer, isPlain) => {
  expect(isPlainIssuer(issuer)).toBe(isPlain);
});

it('shows the key as SHA-256 of its 32 bytes, and the line to trust it', () => {
  // SHA-256 of 32 zero bytes.
  expect(fingerprint(key('A'))).toBe(
    '6668 7aad f862 bd77 6c8f c18b 8e9f 8e20 0897 1485 6ee2 33b3 902a 591d 0d5f 2925',
  );
  expect(trustCommand({ issuer: 'https://a.test', publicKey: key('A') })).toBe(
    `sudo postern-helper trust 'https://a.test#ed25519=${key('A')}'`,
  );
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadServerConfig } from './config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-h1-server-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a short file is enough, and its file names are relative to it', () => {
  const file = join(folder, 'server.toml');
  writeFileSync(
    file,
    'issuer = "https://vpn.example.com/"\nteamName = "Acme"\n[tls]\ncertFile = "tls.crt"\nkeyFile = "/etc/tls.key"',
  );
  expect(loadServerConfig(file, { POSTERN_LISTEN_PORT: '8443' })).toMatchObject({
    ok: true,
    value: {
      issuer: 'https://vpn.example.com',
      listen: { host: '::', port: 8443 },
      tls: { certFile: join(folder, 'tls.crt'), keyFile: '/etc/tls.key' },
      databaseFile: join(folder, 'postern.db'),
      argon2: { memoryKib: 19_456, passes: 2, lanes: 1 },
    },
  });
});

test('every mistake gets a line of its own', () => {
  const env = {
    POSTERN_ISSUER: 'http://vpn.example.com',
    POSTERN_LISTEN_PORT: '70000',
    POSTERN_LOG_LEVEL: 'loud',
    POSTERN_TRUSTED_PROXIES: 'proxy',
    POSTERN_TLS_CERT_FILE: 'a',
  };
  const loaded = loadServerConfig(undefined, env);
  expect(loaded.ok).toBe(false);
  const mistakes = loaded.ok ? [] : loaded.mistakes;
  expect(mistakes.map((line) => line.split(' ')[0]).toSorted()).toEqual([
    'issuer',
    'listen.port',
    'logLevel',
    'teamName',
    'tls.keyFile',
    'trustedProxies.0',
  ]);
});

test('mails go out by what stands in the file and the environment, with the password in either', () => {
  const file = join(folder, 'mail.toml');
  writeFileSync(
    file,
    `issuer = "https://vpn.example.com"
teamName = "Acme"
tls = { certFile = "tls.crt", keyFile = "tls.key" }
mail = { host = "smtp.example.com", user = "vpn", from = "Acme VPN <vpn@example.com>", caFile = "mail-ca.pem" }`,
  );
  expect(loadServerConfig(file, { POSTERN_MAIL_PASSWORD: 'secret' })).toMatchObject({
    ok: true,
    value: {
      mail: {
        host: 'smtp.example.com',
        port: 587,
        security: 'starttls',
        user: 'vpn',
        password: 'secret',
        from: 'Acme VPN <vpn@example.com>',
        caFile: join(folder, 'mail-ca.pem'),
      },
    },
  });
  const mistakes = (env: Record<string, string>) => {
    const loaded = loadServerConfig(file, env);
    return loaded.ok ? [] : loaded.mistakes.map((line) => line.replace(`${file}: `, '').split(' ')[0]);
  };
  expect(mistakes({ POSTERN_MAIL_SECURITY: 'none', POSTERN_MAIL_FROM: 'nobody' })).toContain('mail.from');
  expect(mistakes({ POSTERN_MAIL_SECURITY: 'none' })).toEqual(['mail.password', 'mail.security']);
});

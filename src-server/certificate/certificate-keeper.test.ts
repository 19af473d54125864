import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { programLog } from '../../src-node/program-log.ts';
import { makePair, type TestPair } from '../testing/certificate-pair.ts';
import { startTestServer } from '../testing/test-server.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import { tellExpiry } from './expiry-notices.ts';

const DAY = 86_400_000;
const issuer = 'https://vpn.test.example';
const made = { old: {} as TestPair, renewed: {} as TestPair, other: {} as TestPair };
let folder: string;
let now: number;
let lines: string[];
beforeAll(() => {
  made.old = makePair({ name: 'vpn.test.example', days: 365 });
  made.renewed = makePair({ name: 'vpn.test.example', days: 400 });
  made.other = makePair({ name: 'other.test.example', days: 365 });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-certificate-'));
  now = Date.now();
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = () => ({ certFile: join(folder, 'fullchain.pem'), keyFile: join(folder, 'key.pem') });
function write({ cert, key }: TestPair): void {
  writeFileSync(files().certFile, cert);
  writeFileSync(files().keyFile, key);
}
const log = () => programLog({ level: 'info' }, { write: (line) => void lines.push(line) });
function open(): CertificateKeeper {
  const opened = CertificateKeeper.open({ files: files(), issuer, log: log(), now: () => now });
  if (!opened.ok) throw new Error(opened.mistakes.join('\n'));
  return opened.keeper;
}
const said = (level: string) => lines.map((line) => JSON.parse(line)).filter((line) => line.level === level);

const ways: [string, (pair: TestPair) => void][] = [
  ['written in place', write],
  [
    'renamed into place',
    ({ cert, key }) => {
      writeFileSync(join(folder, 'new.pem'), cert);
      writeFileSync(join(folder, 'new.key'), key);
      renameSync(join(folder, 'new.key'), files().keyFile);
      renameSync(join(folder, 'new.pem'), files().certFile);
    },
  ],
];
test.each(ways)('a renewal that is %s is used at the next look', (_, renew) => {
  write(made.old);
  const keeper = open();
  const used: string[] = [];
  keeper.whenChanged(({ cert }) => used.push(cert));
  keeper.look();
  expect(used).toEqual([]);
  renew(made.renewed);
  keeper.look();
  keeper.look();
  expect(used).toEqual([made.renewed.cert]);
  expect(said('info').map(({ msg }) => msg)).toEqual(['certificate', 'the certificate was renewed']);
});

test('a link that is turned to another folder is followed (certbot, Kubernetes)', () => {
  for (const [name, pair] of [
    ['a', made.old],
    ['b', made.renewed],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'fullchain.pem'), pair.cert);
    writeFileSync(join(folder, name, 'key.pem'), pair.key);
  }
  symlinkSync('a', join(folder, '..data'));
  for (const file of ['fullchain.pem', 'key.pem']) symlinkSync(join('..data', file), join(folder, file));
  const keeper = open();
  symlinkSync('b', join(folder, '..new'));
  renameSync(join(folder, '..new'), join(folder, '..data'));
  keeper.look();
  expect(keeper.pair.cert).toBe(made.renewed.cert);
});

test('half of a renewal is waited for; what stays broken is said once, and the old one stays', () => {
  write(made.old);
  const keeper = open();
  writeFileSync(files().certFile, made.renewed.cert);
  keeper.look();
  expect(said('error')).toEqual([]);
  for (let looks = 0; looks < 3; looks++) keeper.look();
  expect(keeper.pair.cert).toBe(made.old.cert);
  const [line, ...more] = said('error');
  expect(more).toEqual([]);
  expect(line.mistakes).toEqual([expect.stringMatching(/^tls\.keyFile: is not the key of the first/)]);
  writeFileSync(files().keyFile, made.renewed.key);
  keeper.look();
  expect(keeper.pair.cert).toBe(made.renewed.cert);
});

test.each([
  ['no file', () => rmSync(files().certFile), /^tls\.certFile: \S+ is not there$/],
  [
    'no certificate',
    () => writeFileSync(files().certFile, 'x'),
    /^tls\.certFile: holds no certificate in PEM/,
  ],
  ['no key', () => writeFileSync(files().keyFile, 'x'), /^tls\.keyFile: holds no private key in PEM/],
  [
    'the key of another',
    () => writeFileSync(files().keyFile, made.other.key),
    /^tls\.keyFile: is not the key/,
  ],
])(
  'with %s the server does not start and says which setting; a reload keeps what it had',
  (_, spoil, mistake) => {
    write(made.old);
    const keeper = open();
    spoil();
    const opened = CertificateKeeper.open({ files: files(), issuer, log: log(), now: () => now });
    expect(opened).toEqual({ ok: false, mistakes: [expect.stringMatching(mistake)] });
    expect(keeper.reload()).toEqual([expect.stringMatching(mistake)]);
    expect(keeper.pair.cert).toBe(made.old.cert);
  },
);

test('an end that comes near is said 21, 7 and 1 days ahead, and when it is there', () => {
  write(made.old);
  const keeper = open();
  const end = keeper.facts.notAfter;
  for (let days = 30; days >= -2; days--) {
    now = end - days * DAY;
    keeper.look();
    keeper.look();
  }
  const date = new Date(end).toISOString().slice(0, 10);
  expect(said('warn').map(({ msg }) => msg)).toEqual(
    Array.from({ length: 3 }, () => expect.stringContaining(`expires on ${date}`)),
  );
  expect(said('error').map(({ msg }) => msg)).toEqual([
    expect.stringContaining(`The certificate of vpn.test.example expired on ${date}`),
  ]);
});

test('one that has expired, or is for another name, is said at the start', () => {
  write(made.other);
  open();
  expect(said('error').map(({ msg }) => msg)).toEqual([
    'The certificate is for DNS:other.test.example, not for vpn.test.example, the host of the issuer: clients refuse it',
  ]);
  now += 1000 * DAY;
  lines = [];
  open();
  expect(said('error')[0].msg).toContain('expired on');
});

test('a listening server answers with the renewed certificate, and an open connection goes on', async () => {
  write(made.old);
  const keeper = open();
  const server: Server = createServer(keeper.pair, (socket) => socket.pipe(socket));
  keeper.whenChanged((pair) => server.setSecureContext(pair));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const ask = async () => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return { socket, serial: socket.getPeerX509Certificate()?.serialNumber };
  };
  const first = await ask();
  write(made.renewed);
  keeper.reload();
  const second = await ask();
  expect(second.serial).not.toBe(first.serial);
  first.socket.write('still here');
  const [echo] = await once(first.socket, 'data');
  expect(String(echo)).toBe('still here');
  for (const { socket } of [first, second]) socket.destroy();
  server.close();
});

test('owners hear of each stage once, also across restarts, and of the next certificate anew', async () => {
  const server = await startTestServer({
    config: { mail: { host: '127.0.0.1', port: 1, security: 'none', from: 'vpn@test.example' } },
  });
  try {
    const owner = await server.addMember({ role: 'owner' });
    await server.addMember({ role: 'administrator' });
    const mails = async () =>
      (await server.ctx.database.db.selectFrom('mail').select(['kind', 'member_id']).execute()).length;
    write(made.old);
    const { facts } = open();
    const at = (days: number) => {
      server.clock.now = facts.notAfter - days * DAY;
      return tellExpiry(server.ctx, facts);
    };
    await at(30);
    expect(await mails()).toBe(0);
    for (const days of [21, 20, 8]) await at(days);
    expect(await mails()).toBe(1);
    for (const days of [7, 5]) await at(days);
    await at(1);
    await at(-1);
    await at(-3);
    expect(await mails()).toBe(4);
    await tellExpiry(server.ctx, { ...facts, fingerprint: 'BB' });
    expect(await mails()).toBe(5);
    const rows = await server.ctx.database.db
      .selectFrom('audit')
      .select(['outcome', 'details_json'])
      .where('action', '=', 'certificate.expiry')
      .execute();
    expect(rows.map(({ outcome, details_json }) => [outcome, JSON.parse(details_json).days])).toEqual([
      ...[
        ['ok', 21],
        ['ok', 7],
        ['ok', 1],
      ],
      ...[
        ['failed', 0],
        ['failed', 0],
      ],
    ]);
    const told = await server.ctx.database.db.selectFrom('mail').selectAll().execute();
    expect(new Set(told.map(({ kind, member_id }) => `${kind} ${member_id}`))).toEqual(
      new Set([`certificate-expiring ${owner.id}`]),
    );
  } finally {
    await server.close();
  }
});

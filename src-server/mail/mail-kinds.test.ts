import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SmtpSink, startSmtpSink } from '../testing/smtp-sink.ts';
import { startTestServer, type TestMember, type TestServer } from '../testing/test-server.ts';
import type { MailContent } from './mail-content.ts';
import { MailSender } from './mail-sender.ts';
import { smtpTransport } from './mail-transport.ts';
import { enqueueMail } from './outbox.ts';

let sink: SmtpSink;
let server: TestServer;
let member: TestMember;
beforeAll(async () => {
  sink = await startSmtpSink();
  server = await startTestServer({ config: { mail: sink.config } });
  member = await server.addMember();
});
beforeEach(() => {
  sink.mails.length = 0;
});
afterAll(async () => {
  await server.close();
  await sink.stop();
});

const at = '2026-11-21T12:03:44.000Z';
const link = 'https://vpn.test.example/mfa-reset#s3cret-token';

const kinds: [MailContent, string, string[]][] = [
  [
    { kind: 'mfa-reset', link, expiresAt: at },
    'Set up your authenticator again',
    [link, '21 November 2026, 12:03 UTC', 'Nothing has changed yet'],
  ],
  [{ kind: 'factor-new', at, ip: '192.0.2.7', how: 'replaced' }, 'new authenticator', ['192.0.2.7']],
  [{ kind: 'factor-off', at, ip: null }, 'second factor', ['https://vpn.test.example/account']],
  [{ kind: 'backup-code-used', at, ip: null, codesLeft: 3 }, 'backup code', ['left: 3', 'few codes left']],
  [
    { kind: 'new-device', at, ip: null, deviceName: 'Laptop', platform: 'linux' },
    'new device',
    ['Laptop (linux)'],
  ],
  [
    { kind: 'disconnected', at, message: 'Sign-in from a new country', incidentId: 'INC-7' },
    'connection',
    ['Sign-in from a new country', 'INC-7'],
  ],
  [{ kind: 'password-changed', at, ip: null }, 'password', ['Every other session']],
  [{ kind: 'password-set', at }, 'set by an administrator', ['Every session has ended']],
  [{ kind: 'role-changed', at, from: 'member', to: 'owner' }, 'Your role in', ['New role: owner']],
  [{ kind: 'factor-disabled', at, ip: '192.0.2.7' }, 'is disabled', ['192.0.2.7']],
  [
    { kind: 'unlock-removed', at, ip: null, deviceName: 'Laptop', why: 'wrong-pins' },
    'PIN or biometrics',
    ['Device: Laptop', 'too many wrong PINs'],
  ],
  [
    { kind: 'certificate-expiring', at, host: 'vpn.test.example', notAfter: at, days: 7 },
    'expires soon',
    ['Valid until: 21 November 2026, 12:03 UTC', 'need not be started anew'],
  ],
  [
    { kind: 'certificate-expiring', at, host: 'vpn.test.example', notAfter: at, days: 0 },
    'has expired',
    ['nobody can connect'],
  ],
  [
    {
      kind: 'team-change',
      at,
      ip: '192.0.2.7',
      by: 'Ada <ada@example.com>',
      change: {
        what: 'policy',
        rules: [{ rule: 'idleSeconds', from: '180', to: '600' }],
        exempted: 2,
        isUngated: false,
      },
    },
    'A rule was loosened',
    ['Seconds until a silent connection ends: 180 → 600', 'holding traffic back: 2', '192.0.2.7'],
  ],
];

test.each(kinds)('a mail of each kind arrives in text and HTML: $kind', async (content, subject, words) => {
  const { db } = server.ctx.database;
  await db.transaction().execute((tx) => enqueueMail(tx, server.ctx, member.id, content));
  const sender = new MailSender(server.ctx, smtpTransport(sink.config, 'vpn.test.example'));
  await sender.sendDue();
  await sender.stop();
  expect(sink.mails).toHaveLength(1);
  const mail = sink.find(subject);
  expect(mail.to?.map(({ address }) => address)).toEqual([member.email]);
  expect(mail.from).toMatchObject({ address: 'vpn@test.example', name: 'Test team' });
  for (const word of words) {
    expect(mail.text?.replaceAll('\n', ' ')).toContain(word);
    expect(mail.html?.replace(/<\/td><td[^>]*>/g, ': ')).toContain(word);
  }
  expect(await db.selectFrom('mail').selectAll().execute()).toEqual([]);
  const sent = await db
    .selectFrom('audit')
    .select(['outcome', 'details_json'])
    .where('action', '=', 'mail.send')
    .orderBy('seq', 'desc')
    .executeTakeFirst();
  expect([sent?.outcome, JSON.parse(sent?.details_json ?? '')]).toEqual([
    'ok',
    { kind: content.kind, tries: 1 },
  ]);
});

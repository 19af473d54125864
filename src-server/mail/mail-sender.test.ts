import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SmtpSink, startSmtpSink } from '../testing/smtp-sink.ts';
import { newDeviceKey, startTestServer, type TestMember, type TestServer } from '../testing/test-server.ts';
import type { MailContent } from './mail-content.ts';
import { MailSender } from './mail-sender.ts';
import { smtpTransport } from './mail-transport.ts';
import { enqueueMail } from './outbox.ts';

let sink: SmtpSink;
let server: TestServer;
let member: TestMember;
beforeEach(async () => {
  sink = await startSmtpSink();
  server = await startTestServer({ config: { mail: sink.config } });
  member = await server.addMember();
});
afterEach(async () => {
  await server.close();
  await sink.stop();
});

const at = '2026-11-21T12:03:44.000Z';
const link = 'https://vpn.test.example/mfa-reset#s3cret-token';

function enqueue(content: MailContent): Promise<void> {
  return server.ctx.database.db
    .transaction()
    .execute((tx) => enqueueMail(tx, server.ctx, member.id, content));
}

/** One round of a sender that has just been started. */
async function send(): Promise<void> {
  const sender = new MailSender(server.ctx, smtpTransport(sink.config, 'vpn.test.example'));
  await sender.sendDue();
  await sender.stop();
}

const waiting = () => server.ctx.database.db.selectFrom('mail').selectAll().execute();
const sendRows = async () =>
  (
    await server.ctx.database.db
      .selectFrom('audit')
      .select(['outcome', 'details_json'])
      .where('action', '=', 'mail.send')
      .execute()
  ).map(({ outcome, details_json }) => [outcome, JSON.parse(details_json)]);

test('what comes from outside is text: no markup, no second line, no further recipient', async () => {
  await enqueue({
    kind: 'disconnected',
    at,
    message: '<img src=x onerror=alert(1)>\r\nBcc: all@example.com\u2028-- \nYour administrator',
    incidentId: null,
  });
  await send();
  const { html, text, bcc } = sink.find('connection');
  expect(html).not.toContain('<img');
  expect(html).toContain('&lt;img src=x');
  expect(text).toContain('Reason: <img src=x onerror=alert(1)> Bcc: all@example.com -- Your administrator\n');
  expect(bcc ?? []).toEqual([]);
});

test('the link lies sealed in the outbox, and nowhere in the log or the audit', async () => {
  await enqueue({ kind: 'mfa-reset', link, expiresAt: new Date(server.clock.now + 1e6).toISOString() });
  await sink.stop();
  await send();
  const [row] = await waiting();
  expect(Buffer.from(row?.content_sealed ?? []).toString('latin1')).not.toContain('s3cret');
  await sink.start();
  server.clock.now += 60_000;
  await send();
  expect(sink.find('Set up').text).toContain(link);
  const audit = await server.ctx.database.db.selectFrom('audit').selectAll().execute();
  expect(JSON.stringify(audit) + server.logLines.join('')).not.toContain('s3cret');
});

test('a mail outlives a mail server that is away and a restart of this one, and is sent once', async () => {
  await enqueue({ kind: 'factor-off', at, ip: null });
  await sink.stop();
  await send();
  expect(await waiting()).toMatchObject([{ tries: 1, next_try_at: server.clock.now + 5_000 }]);
  await server.restart();
  // Not before its time: a mail server that is down is not knocked on every second.
  await sink.start();
  await send();
  expect(sink.mails).toEqual([]);
  server.clock.now += 5_000;
  await send();
  await send();
  expect(sink.mails).toHaveLength(1);
  expect(await sendRows()).toEqual([['ok', { kind: 'factor-off', tries: 2 }]]);
});

test('a mail that nobody takes is given up after three days, and that is on record', async () => {
  await enqueue({ kind: 'factor-off', at, ip: null });
  await sink.stop();
  for (let day = 0; day < 3; day++) {
    await send();
    expect(await waiting()).toHaveLength(1);
    server.clock.now += 86_400_000;
  }
  await send();
  expect(await waiting()).toEqual([]);
  const why = expect.stringContaining('ECONNREFUSED');
  expect(await sendRows()).toEqual([['failed', { kind: 'factor-off', tries: 4, why, isFinal: false }]]);
});

test('a mail whose transaction failed is never sent', async () => {
  const failing = server.ctx.database.db.transaction().execute(async (tx) => {
    await enqueueMail(tx, server.ctx, member.id, { kind: 'factor-off', at, ip: null });
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  await send();
  expect(sink.mails).toEqual([]);
});

test('a sender that runs takes up by itself what is put into the outbox', async () => {
  const sender = new MailSender(server.ctx, smtpTransport(sink.config, 'vpn.test.example'));
  sender.start();
  try {
    await enqueue({ kind: 'factor-off', at, ip: null });
    await expect.poll(() => sink.mails.length, { timeout: 20_000 }).toBe(1);
  } finally {
    await sender.stop();
  }
});

test('a new device at a client sign-in is told, a known one is not', async () => {
  const publicKey = newDeviceKey();
  const { deviceId } = await server.signIn(member, { publicKey });
  await send();
  expect(sink.find('new device').text).toContain('Device: Laptop (linux)');
  server.nextStep();
  await server.signIn(member, { id: deviceId, publicKey });
  await send();
  expect(sink.mails).toHaveLength(1);
});

import { afterEach, expect, test } from 'vitest';
import { type SmtpSink, startSmtpSink } from '../testing/smtp-sink.ts';
import { startTestServer, type TestMember, type TestServer } from '../testing/test-server.ts';
import { MailSender } from './mail-sender.ts';
import { smtpTransport } from './mail-transport.ts';
import { enqueueMail } from './outbox.ts';

let sink: SmtpSink;
let server: TestServer;
let member: TestMember;
afterEach(async () => {
  await server.close();
  await sink.stop();
});

/** A mail to a member, and one round. */
async function sendOne(more: Partial<SmtpSink['config']> = {}): Promise<MailSender> {
  const at = new Date(server.clock.now).toISOString();
  await server.ctx.database.db
    .transaction()
    .execute((tx) => enqueueMail(tx, server.ctx, member.id, { kind: 'factor-off', at, ip: null }));
  const sender = new MailSender(server.ctx, smtpTransport({ ...sink.config, ...more }, 'vpn.test.example'));
  await sender.sendDue();
  await sender.stop();
  return sender;
}
async function begin(options = {}): Promise<void> {
  sink = await startSmtpSink(options);
  server = await startTestServer({ config: { mail: sink.config } });
  member = await server.addMember();
}
const waiting = () => server.ctx.database.db.selectFrom('mail').selectAll().execute();
const failures = () => server.ctx.database.db.selectFrom('mail_failure').selectAll().execute();
const audited = async () => {
  const { db } = server.ctx.database;
  const rows = await db.selectFrom('audit').selectAll().where('action', '=', 'mail.send').execute();
  return rows.map(({ outcome, subject, details_json }) => [outcome, subject, JSON.parse(details_json)]);
};

const login = { user: 'vpn', password: 'wrong' };
test.each([
  ['rcpt', 550, '5.1.1 no such user here', {}],
  ['data', 552, '5.2.2 mailbox full', {}],
  ['auth', 535, '5.7.8 not accepted', login],
] as const)(
  'what is refused at %s with %d is tried once, shown and on record',
  async (at, code, text, more) => {
    await begin({ asksWho: at === 'auth' });
    sink.refusal = { at, code, text };
    await sendOne(more);
    expect(await waiting()).toEqual([]);
    const why = expect.stringContaining(`${code} ${text}`);
    expect(await failures()).toMatchObject([{ member_id: member.id, kind: 'factor-off', tries: 1, why }]);
    expect(await audited()).toEqual([
      ['failed', `member:${member.id}`, { kind: 'factor-off', tries: 1, why, isFinal: true }],
    ]);
    // The cause is in the log, down to the code of the error.
    const line = server.logLines
      .map((text) => JSON.parse(text))
      .find(({ msg }) => msg === 'mail refused for good');
    expect(line).toMatchObject({
      level: 'warn',
      why,
      memberId: member.id,
      err: { errorCode: expect.stringMatching(/^E[A-Z]+$/) },
    });
  },
);

test.each([
  ['rcpt', 450, '4.2.1 come again'],
  ['data', 451, '4.3.0 busy'],
] as const)('what is put off at %s with %d is tried again', async (at, code, text) => {
  await begin();
  sink.refusal = { at, code, text };
  const sender = await sendOne();
  expect(await waiting()).toMatchObject([{ tries: 1 }]);
  expect(await failures()).toEqual([]);
  expect(sender.trouble).toEqual({
    since: server.clock.now,
    why: expect.stringContaining(`${code} ${text}`),
  });
});

test('a mail that is taken ends what was shown about the one before', async () => {
  await begin();
  sink.refusal = { at: 'rcpt', code: 550, text: '5.1.1 no such user here' };
  await sendOne();
  sink.refusal = null;
  const sender = await sendOne();
  expect(await failures()).toEqual([]);
  expect(sender.trouble).toBeNull();
});

test('what lies in the outbox and cannot be read is given up', async () => {
  await begin();
  await server.ctx.database.db
    .insertInto('mail')
    .values({
      ...{ id: 'x', member_id: member.id, kind: 'from-a-later-version', content_sealed: Buffer.from('?') },
      ...{ created_at: 0, give_up_at: server.clock.now + 1e9, next_try_at: 0, tries: 0 },
    })
    .execute();
  await sendOne();
  expect(await waiting()).toEqual([]);
  expect(sink.mails).toHaveLength(1);
  expect((await audited()).map(([outcome]) => outcome)).toEqual(['failed', 'ok']);
});

test.each([
  ['vpn.test.example', {}, 'vpn.test.example'],
  ['192.0.2.1', {}, '[192.0.2.1]'],
  ['[2001:db8::1]', {}, '[ipv6:2001:db8::1]'],
  ['192.0.2.1', { ehloName: 'vpn.example.com' }, 'vpn.example.com'],
])('a server whose issuer is at %s with %j names itself %s', async (domain, more, name) => {
  await begin();
  const transport = smtpTransport({ ...sink.config, ...more }, domain);
  await transport.send({ id: '1', to: 'ada@test.example', subject: 's', text: 't', html: 'h' });
  transport.close();
  // As the sink writes names.
  expect(sink.names).toEqual([name]);
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MailSender } from '../../mail/mail-sender.ts';
import { smtpTransport } from '../../mail/mail-transport.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { type SmtpSink, startSmtpSink } from '../../testing/smtp-sink.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';
import { setPassword } from '../members/member-store.ts';

const HOUR = 3_600_000;
let sink: SmtpSink;
let server: TestServer;
let member: TestMember;
let administrator: PanelBrowser;
/** Without a session, as whoever opens a mail. */
let visitor: PanelBrowser;
beforeEach(async () => {
  sink = await startSmtpSink();
  server = await startTestServer({ config: { mail: sink.config } });
  member = await server.addMember();
  administrator = new PanelBrowser(server);
  await administrator.signIn(await server.addMember({ role: 'owner' }));
  visitor = new PanelBrowser(server);
  server.nextStep();
});
afterEach(async () => {
  await server.close();
  await sink.stop();
});

async function deliver(): Promise<void> {
  const sender = new MailSender(server.ctx, smtpTransport(sink.config, 'vpn.test.example'));
  await sender.sendDue();
  await sender.stop();
}

/** The administrator resets; answers the token of the link in the mail. */
async function reset(): Promise<string> {
  const made = await administrator.ask('POST', `members/${member.id}/mfa-reset`);
  expect(made.status).toBe(201);
  await deliver();
  const link = /https:\/\/vpn\.test\.example\/mfa-reset#(\S+)/.exec(sink.find('Set up').text ?? '');
  expect(link?.[1]).toMatch(/^[\w-]{43}$/);
  return link?.[1] ?? '';
}

const begin = (token: string, password = member.password) =>
  visitor.ask('POST', 'mfa-reset/begin', { token, password });

/** Goes the whole way; answers the member with the new authenticator. */
async function finish(token: string): Promise<TestMember> {
  const { body } = await begin(token);
  const code = server.codeOf({ ...member, totpSecret: body.secret });
  const done = await visitor.ask('POST', 'mfa-reset/confirm', { token, factorId: body.factorId, code });
  expect(done.status).toBe(200);
  expect(done.body.backupCodes).toHaveLength(10);
  return { ...member, totpSecret: body.secret, backupCodes: done.body.backupCodes };
}

describe('a reset', () => {
  test('changes nothing until the new authenticator is confirmed', async () => {
    const client = await server.signIn(member);
    const token = await reset();
    const { body } = await begin(token);
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/);
    const wrong = { token, factorId: body.factorId, code: '000000' };
    expect((await visitor.ask('POST', 'mfa-reset/confirm', wrong)).body.code).toBe('invalid-code');
    server.nextStep();
    expect((await new PanelBrowser(server).signIn(member)).method).toBe('totp');
    const me = await server.request('GET', '/client/v1/me', { token: client.sessionToken });
    expect(me.status).toBe(200);
    // The link, and the new device of the client; owners hear of the reset.
    expect(sink.mails.filter(({ to }) => to?.[0]?.address === member.email)).toHaveLength(2);
  });

  test('then ends the old one, its backup codes, every session and every proof, and tells by mail', async () => {
    const client = await server.signIn(member);
    server.nextStep();
    const own = new PanelBrowser(server);
    await own.signIn(member);
    const before = await epochOf(client.deviceId);
    server.nextStep();
    const renewed = await finish(await reset());

    expect((await own.ask('GET', 'session')).status).toBe(401);
    const me = await server.request('GET', '/client/v1/me', { token: client.sessionToken });
    expect(me.status).toBe(401);
    expect(await epochOf(client.deviceId)).toBe(before + 1);
    server.nextStep();
    const { body } = await own.password(member);
    for (const proof of [
      { method: 'totp', code: server.codeOf(member) },
      { method: 'backup-code', code: member.backupCodes[0] },
    ])
      expect((await own.ask('POST', 'sign-in/mfa', { mfaToken: body.mfaToken, ...proof })).body.code).toBe(
        'invalid-code',
      );
    expect((await own.signIn(renewed)).method).toBe('totp');
    await deliver();
    expect(sink.find('new authenticator').text).toContain('through the link of your administrator');
  });

  test('leaves the token only in the mail', async () => {
    const token = await reset();
    await finish(token);
    const { db } = server.ctx.database;
    const tables = ['mfa_reset', 'audit', 'mail', 'event'] as const;
    const rows = await Promise.all(tables.map((table) => db.selectFrom(table).selectAll().execute()));
    expect(JSON.stringify(rows) + server.logLines.join('')).not.toContain(token);
    const actions = (await db.selectFrom('audit').select('action').execute()).map(({ action }) => action);
    for (const action of ['mfa-reset.request', 'mfa-reset.begin', 'mfa-reset.password', 'factor.confirm'])
      expect(actions).toContain(action);
  });
});

describe('the link', () => {
  const refusal = async (token: string) => {
    const { status, body } = await begin(token);
    return [status, body.code, body.why];
  };

  test('works once', async () => {
    const token = await reset();
    await finish(token);
    expect(await refusal(token)).toEqual([410, 'reset-link-invalid', 'used']);
  });

  test('works for 24 hours, to the confirmation', async () => {
    const token = await reset();
    server.clock.now += 24 * HOUR - 1;
    const { body } = await begin(token);
    server.clock.now += 1;
    expect(await refusal(token)).toEqual([410, 'reset-link-invalid', 'expired']);
    const code = server.codeOf({ ...member, totpSecret: body.secret });
    const late = await visitor.ask('POST', 'mfa-reset/confirm', { token, factorId: body.factorId, code });
    expect([late.status, late.body.why]).toEqual([410, 'expired']);
  });

  test('that was withdrawn, replaced or never made is refused, each with its reason', async () => {
    const first = await reset();
    const second = await reset();
    expect(await refusal(first)).toEqual([410, 'reset-link-invalid', 'withdrawn']);
    const { body } = await administrator.ask('GET', 'mfa-resets');
    const pending = JSON.stringify(body).match(/"id":"([\w-]+)"/)?.[1];
    expect((await administrator.ask('DELETE', `mfa-resets/${pending}`)).status).toBe(204);
    expect(await refusal(second)).toEqual([410, 'reset-link-invalid', 'withdrawn']);
    expect(await refusal('x'.repeat(43))).toEqual([410, 'reset-link-invalid', 'unknown']);
  });

  test('is no use without the password, and wrong ones count for the link, and for no sign-in', async () => {
    const token = await reset();
    for (let i = 0; i < 5; i++) {
      const wrong = await begin(token, 'not the password');
      expect([wrong.status, wrong.body.code]).toEqual([403, 'wrong-password']);
    }
    expect((await begin(token)).body.code).toBe('too-many-attempts');
    expect((await visitor.password(member)).body.code).toBe('mfa-required');
    server.clock.now += HOUR;
    expect((await begin(token)).status).toBe(200);
  });

  test('leads in while strangers guess, and makes the browser one that is known', async () => {
    const guess = () => new PanelBrowser(server).password({ ...member, password: 'a guess' });
    for (let i = 0; i < 6; i++) await guess();
    const renewed = await finish(await reset());
    server.nextStep();
    for (let i = 0; i < 6; i++) await guess();
    expect((await guess()).body.code).toBe('too-many-attempts');
    expect((await visitor.signIn(renewed)).method).toBe('totp');
  });

  test('is refused to a blocked member, before and in the middle', async () => {
    const token = await reset();
    const { body } = await begin(token);
    await administrator.ask('POST', `members/${member.id}/block`);
    expect((await begin(token)).body.code).toBe('member-blocked');
    const code = server.codeOf({ ...member, totpSecret: body.secret });
    const confirm = { token, factorId: body.factorId, code };
    expect((await visitor.ask('POST', 'mfa-reset/confirm', confirm)).body.code).toBe('member-blocked');
  });

  test('confirms only what was set up through it', async () => {
    const token = await reset();
    await begin(token);
    const own = new PanelBrowser(server);
    await own.signIn(member);
    const { body } = await own.ask('POST', 'account/mfa/setup', { password: member.password });
    const code = server.codeOf({ ...member, totpSecret: body.secret });
    const confirm = { token, factorId: body.factorId, code };
    expect((await visitor.ask('POST', 'mfa-reset/confirm', confirm)).body.code).toBe('not-found');
  });

  test('used by two at once lets in one', async () => {
    const token = await reset();
    const { body } = await begin(token);
    const code = server.codeOf({ ...member, totpSecret: body.secret });
    const confirm = { token, factorId: body.factorId, code };
    const both = await Promise.all([
      visitor.ask('POST', 'mfa-reset/confirm', confirm),
      new PanelBrowser(server).ask('POST', 'mfa-reset/confirm', confirm),
    ]);
    expect(both.map(({ status }) => status).sort()).not.toEqual([200, 200]);
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('stays good when the password is changed on the way, but only with the new one', async () => {
    const token = await reset();
    const { db } = server.ctx.database;
    const { password_hash: passwordHash } = await db
      .selectFrom('member')
      .select('password_hash')
      .where('id', '!=', member.id)
      .executeTakeFirstOrThrow();
    await db
      .transaction()
      .execute((tx) =>
        setPassword(tx, { memberId: member.id, passwordHash, actor: 'cli', now: server.clock.now }),
      );
    expect((await begin(token)).body.code).toBe('wrong-password');
    expect((await begin(token, 'a long password 2')).status).toBe(200);
  });
});

test('without a mail server no reset is begun', async () => {
  const bare = await startTestServer();
  try {
    const owner = new PanelBrowser(bare);
    await owner.signIn(await bare.addMember({ role: 'owner' }));
    const other = await bare.addMember();
    const answer = await owner.ask('POST', `members/${other.id}/mfa-reset`);
    expect([answer.status, answer.body.code]).toEqual([503, 'mail-unavailable']);
  } finally {
    await bare.close();
  }
});

async function epochOf(deviceId: string): Promise<number> {
  const row = await server.ctx.database.db
    .selectFrom('device')
    .select('epoch')
    .where('id', '=', deviceId)
    .executeTakeFirstOrThrow();
  return row.epoch;
}

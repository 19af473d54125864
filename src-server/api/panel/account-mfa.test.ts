import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountAnswer } from '../../../src-shared/panel/account.ts';
import { MailSender } from '../../mail/mail-sender.ts';
import { smtpTransport } from '../../mail/mail-transport.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { type SmtpSink, startSmtpSink } from '../../testing/smtp-sink.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

let sink: SmtpSink;
let server: TestServer;
let browser: PanelBrowser;
beforeEach(async () => {
  sink = await startSmtpSink();
  server = await startTestServer({ config: { mail: sink.config } });
  browser = new PanelBrowser(server);
});
afterEach(async () => {
  await server.close();
  await sink.stop();
});

const account = async () => accountAnswer.parse((await browser.ask('GET', 'account')).body);
const freely = () => server.setPolicy({ mfaRequired: { panel: false, client: false } });

async function subjects(): Promise<(string | undefined)[]> {
  const sender = new MailSender(server.ctx, smtpTransport(sink.config, 'vpn.test.example'));
  await sender.sendDue();
  await sender.stop();
  return sink.mails.map(({ subject }) => subject);
}

const backup = (member: TestMember, index = 0) => ({
  method: 'backup-code' as const,
  code: member.backupCodes[index] ?? '',
});

/** Sets up another authenticator in the browser's session; answers the member with it. */
async function replace(member: TestMember): Promise<TestMember> {
  const made = await browser.ask('POST', 'account/mfa/setup', { password: member.password });
  expect(made.status).toBe(200);
  const { factorId, secret: totpSecret } = made.body;
  const code = server.codeOf({ ...member, totpSecret });
  const confirmed = await browser.ask('POST', 'account/mfa/confirm', { factorId, code });
  expect(confirmed.status).toBe(200);
  return { ...member, totpSecret, backupCodes: confirmed.body.backupCodes };
}

describe('turning MFA on', () => {
  test('asks for a code at every sign-in from then on, and ends sessions that never gave one', async () => {
    await freely();
    const member = await server.addMember({ withTotp: false });
    const elsewhere = new PanelBrowser(server);
    expect((await elsewhere.signIn(member)).method).toBe('password');
    await browser.signIn(member);
    expect(await account()).toMatchObject({ factor: null, backupCodesLeft: 0 });
    const made = await browser.ask('POST', 'account/mfa/setup', {});
    const { factorId, secret: totpSecret } = made.body;
    expect(made.body.otpauthUri).toContain(totpSecret);
    // Nothing counts before a code has shown that the app has it.
    expect(await account()).toMatchObject({ factor: null });
    const wrong = await browser.ask('POST', 'account/mfa/confirm', { factorId, code: '000000' });
    expect(wrong.body.code).toBe('invalid-code');
    const code = server.codeOf({ ...member, totpSecret });
    const confirmed = await browser.ask('POST', 'account/mfa/confirm', { factorId, code });
    expect(confirmed.body.backupCodes).toHaveLength(10);
    expect(await account()).toMatchObject({ factor: { id: factorId }, backupCodesLeft: 10 });
    expect((await elsewhere.ask('GET', 'session')).status).toBe(401);
    expect((await elsewhere.password(member)).body.code).toBe('mfa-required');
    expect(await subjects()).toEqual(['A new authenticator is set up for Test team']);
    expect(sink.mails[0]?.text).toContain('asks for a code');
  });

  test('needs the password again when the sign-in was a while ago', async () => {
    await freely();
    const member = await server.addMember({ withTotp: false });
    await browser.signIn(member);
    expect((await account()).may.replaceFactor).toMatchObject({ isAllowed: true, needsPassword: false });
    server.clock.now += 10 * 60_000;
    expect((await account()).may.replaceFactor.needsPassword).toBe(true);
    expect((await browser.ask('POST', 'account/mfa/setup', {})).body.code).toBe('password-required');
    const wrong = await browser.ask('POST', 'account/mfa/setup', { password: 'not the password' });
    expect(wrong.body.code).toBe('wrong-password');
    const right = await browser.ask('POST', 'account/mfa/setup', { password: member.password });
    expect(right.status).toBe(200);
  });
});

describe('replacing the authenticator', () => {
  test('leaves the old one valid until the new one is confirmed, and not a moment longer', async () => {
    const member = await server.addMember();
    await browser.signIn(member);
    const made = await browser.ask('POST', 'account/mfa/setup', { password: member.password });
    const { factorId, secret: totpSecret } = made.body;
    server.nextStep();
    const elsewhere = new PanelBrowser(server);
    expect((await elsewhere.signIn(member)).method).toBe('totp');

    const { deviceId } = await signInClient(member);
    const epochBefore = await epochOf(deviceId);
    const code = server.codeOf({ ...member, totpSecret });
    const confirmed = await browser.ask('POST', 'account/mfa/confirm', { factorId, code });
    expect(confirmed.status).toBe(200);

    server.nextStep();
    const { body } = await elsewhere.password(member);
    const old = { mfaToken: body.mfaToken, method: 'totp', code: server.codeOf(member) };
    expect((await elsewhere.ask('POST', 'sign-in/mfa', old)).body.code).toBe('invalid-code');
    const oldBackup = { mfaToken: body.mfaToken, ...backup(member) };
    expect((await elsewhere.ask('POST', 'sign-in/mfa', oldBackup)).body.code).toBe('invalid-code');
    expect((await elsewhere.signIn({ ...member, totpSecret })).method).toBe('totp');
    expect(await epochOf(deviceId)).toBe(epochBefore + 1);
    expect(await subjects()).toContain('A new authenticator is set up for Test team');
    expect(sink.find('new authenticator').text).toContain('The old one and its backup codes no longer work');
  });

  test('is refused without the password, which is counted for this session, and for no sign-in', async () => {
    const member = await server.addMember();
    await browser.signIn(member);
    expect((await browser.ask('POST', 'account/mfa/setup', {})).body.code).toBe('password-required');
    for (let i = 0; i < 5; i++)
      await browser.ask('POST', 'account/mfa/setup', { password: 'not the password' });
    const throttled = await browser.ask('POST', 'account/mfa/setup', { password: member.password });
    expect(throttled.body.code).toBe('too-many-attempts');
    expect((await new PanelBrowser(server).password(member)).body.code).toBe('mfa-required');
  });

  test('does not go around an authenticator that is disabled', async () => {
    const member = await server.addMember();
    await browser.signIn(member);
    await server.ctx.database.db.updateTable('factor').set({ is_disabled: 1 }).execute();
    const { may } = await account();
    expect([may.replaceFactor, may.turnOffMfa, may.regenerateBackupCodes].map((p) => p.isAllowed)).toEqual([
      false,
      false,
      false,
    ]);
    const answer = await browser.ask('POST', 'account/mfa/setup', { password: member.password });
    expect(answer.body.code).toBe('factor-disabled');
  });
});

describe('backup codes', () => {
  test('each works once, is told by mail, and the number left is shown', async () => {
    const member = await server.addMember();
    expect((await browser.signIn(member, backup(member))).method).toBe('backup-code');
    expect((await account()).backupCodesLeft).toBe(9);
    const { body } = await new PanelBrowser(server).password(member);
    const again = await browser.ask('POST', 'sign-in/mfa', { mfaToken: body.mfaToken, ...backup(member) });
    expect(again.body.code).toBe('code-already-used');
    expect(await subjects()).toEqual(['A backup code was used for Test team']);
    expect(sink.mails[0]?.text).toContain('Backup codes left: 9');
  });

  test('are not made anew in a session that a backup code has opened, with the reason', async () => {
    const member = await server.addMember();
    await browser.signIn(member, backup(member));
    const { regenerateBackupCodes } = (await account()).may;
    expect(regenerateBackupCodes.isAllowed).toBe(false);
    expect(regenerateBackupCodes.why).toContain('signed in with a backup code');
    const refused = await browser.ask('POST', 'account/backup-codes', {});
    expect([refused.status, refused.body.code]).toEqual([403, 'code-sign-in-required']);
    expect((await account()).backupCodesLeft).toBe(9);
  });

  test('are made anew after a sign-in with a code; every earlier one is void', async () => {
    const member = await server.addMember();
    await browser.signIn(member);
    const made = await browser.ask('POST', 'account/backup-codes', {});
    expect(made.body.backupCodes).toHaveLength(10);
    const elsewhere = new PanelBrowser(server);
    const { body } = await elsewhere.password(member);
    const old = await elsewhere.ask('POST', 'sign-in/mfa', { mfaToken: body.mfaToken, ...backup(member, 4) });
    expect(old.body.code).toBe('invalid-code');
    const fresh = { method: 'backup-code', code: made.body.backupCodes[0] };
    const now = await elsewhere.ask('POST', 'sign-in/mfa', { mfaToken: body.mfaToken, ...fresh });
    expect(now.status).toBe(200);
  });

  test('are made anew by a session of a backup code once it has set up a new authenticator', async () => {
    const member = await server.addMember();
    await browser.signIn(member, backup(member));
    await replace(member);
    expect((await account()).may.regenerateBackupCodes.isAllowed).toBe(true);
    expect((await browser.ask('POST', 'account/backup-codes', {})).status).toBe(200);
  });
});

describe('turning MFA off', () => {
  test('takes the password, also in a session of a backup code, and is told by mail', async () => {
    await freely();
    const member = await server.addMember();
    await browser.signIn(member, backup(member));
    const wrong = await browser.ask('POST', 'account/mfa/turn-off', { password: 'not the password' });
    expect(wrong.body.code).toBe('wrong-password');
    expect((await browser.ask('POST', 'account/mfa/turn-off', {})).body.code).toBe('invalid-request');
    expect(await account()).toMatchObject({ factor: { isDisabled: false } });
    const off = await browser.ask('POST', 'account/mfa/turn-off', { password: member.password });
    expect(off.status).toBe(204);
    expect(await account()).toMatchObject({ factor: null, backupCodesLeft: 0 });
    expect((await new PanelBrowser(server).password(member)).status).toBe(200);
    expect(await subjects()).toContain('Your second factor for Test team is off');
    const again = await browser.ask('POST', 'account/mfa/turn-off', { password: member.password });
    expect(again.body.code).toBe('not-found');
  });

  test('is refused where the team requires MFA for the panel', async () => {
    const member = await server.addMember();
    await browser.signIn(member);
    expect((await account()).may.turnOffMfa).toMatchObject({ isAllowed: false });
    const answer = await browser.ask('POST', 'account/mfa/turn-off', { password: member.password });
    expect([answer.status, answer.body.code]).toEqual([403, 'mfa-kept']);
    expect((await new PanelBrowser(server).password(member)).body.code).toBe('mfa-required');
  });
});

test('nothing of the account is changed for a session that has ended while the server was busy', async () => {
  const member = await server.addMember();
  await browser.signIn(member);
  const asking = browser.ask('POST', 'account/backup-codes', {});
  await server.ctx.database.db.updateTable('session').set({ ended_at: server.clock.now }).execute();
  const { status } = await asking;
  const after = await server.ctx.database.db.selectFrom('audit').select('action').execute();
  const isMade = after.some(({ action }) => action === 'backup-codes.regenerate');
  expect([status, isMade]).toEqual([401, false]);
});

async function signInClient(member: TestMember) {
  server.nextStep();
  return server.signIn(member);
}

async function epochOf(deviceId: string): Promise<number> {
  const row = await server.ctx.database.db
    .selectFrom('device')
    .select('epoch')
    .where('id', '=', deviceId)
    .executeTakeFirstOrThrow();
  return row.epoch;
}

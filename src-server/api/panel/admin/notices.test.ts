import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { policySchema } from '../../../../src-shared/policy.ts';
import { mailContent } from '../../../mail/mail-content.ts';
import { MailSender } from '../../../mail/mail-sender.ts';
import { smtpTransport } from '../../../mail/mail-transport.ts';
import { setPasswordFor } from '../../../people/members/member-store.ts';
import { resetUnlockFor } from '../../../proof/unlock/removal.ts';
import { PanelBrowser } from '../../../testing/panel-browser.ts';
import { PanelClient } from '../../../testing/panel-client.ts';
import { type SmtpSink, startSmtpSink } from '../../../testing/smtp-sink.ts';
import { TestDevice } from '../../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../../testing/test-server.ts';

const defaults = policySchema.parse({});

let sink: SmtpSink;
let server: TestServer;
let owner: PanelClient;
let second: TestMember;
let plain: TestMember;
beforeEach(async () => {
  sink = await startSmtpSink();
  server = await startTestServer({ config: { mail: sink.config } });
  owner = await PanelClient.of(server, 'owner');
  second = await server.addMember({ role: 'owner' });
  plain = await server.addMember();
});
afterEach(async () => {
  await server.close();
  await sink.stop();
});

/** What waits in the outbox, and for whom. */
async function waiting() {
  const rows = await server.ctx.database.db.selectFrom('mail').selectAll().orderBy(sql`rowid`).execute();
  return rows.map(({ member_id, content_sealed }) => {
    const text = Buffer.from(server.ctx.keys.sealedBox.open(content_sealed)).toString('utf8');
    return { memberId: member_id, content: mailContent.parse(JSON.parse(text)) };
  });
}
const toldOwners = async () => (await waiting()).filter(({ content }) => content.kind === 'team-change');
const toldMember = async () =>
  (await waiting()).flatMap(({ memberId, content }) => (memberId === plain.id ? [content] : []));
async function send(): Promise<void> {
  const sender = new MailSender(server.ctx, smtpTransport(sink.config, 'vpn.test.example'));
  await sender.sendDue();
  await sender.stop();
}
const personOf = ({ email }: TestMember) => expect.stringMatching(new RegExp(`^Member \\d+ <${email}>$`));
const save = (change: object, version = 0, extra: object = {}) =>
  owner.call('PUT', 'policy', { policy: { ...defaults, ...change }, version, ...extra });

const told: [string, () => Promise<{ status: number }>, () => object][] = [
  [
    'a rule that is loosened',
    () => save({ maxConnectionSeconds: 90_000, idleSeconds: 150 }),
    () => ({
      what: 'policy',
      rules: [{ rule: 'maxConnectionSeconds', from: '86400', to: '90000' }],
      exempted: 0,
      isUngated: false,
    }),
  ],
  [
    'gates that are turned off',
    () => save({ totpPriorConnection: false }, 0, { teamName: 'Test team' }),
    () => ({ what: 'policy', isUngated: true }),
  ],
  [
    'a new administrator',
    () => owner.call('POST', 'members', { email: 'x@test.example', name: 'X', role: 'administrator' }),
    () => ({ what: 'member-added', member: 'X <x@test.example>', role: 'administrator' }),
  ],
  [
    'a promotion',
    () => owner.call('PUT', `members/${plain.id}`, { role: 'administrator' }),
    () => ({ what: 'role-raised', member: personOf(plain), from: 'member', to: 'administrator' }),
  ],
  [
    "somebody else's address",
    () => owner.call('PUT', `members/${plain.id}`, { email: 'New@test.example' }),
    () => ({ what: 'email-changed', member: personOf(plain), from: plain.email, to: 'new@test.example' }),
  ],
  [
    'a reset of MFA',
    () => owner.call('POST', `members/${plain.id}/mfa-reset`, {}),
    () => ({ what: 'mfa-reset', member: personOf(plain) }),
  ],
  [
    'an API token',
    () => owner.call('POST', 'api-tokens', { name: 'SOC', scopes: ['members:read'], expiresDays: 1 }),
    () => ({
      what: 'api-token',
      name: 'SOC',
      scopes: ['members:read'],
      expiresAt: new Date(server.clock.now + 86_400_000).toISOString(),
    }),
  ],
];

test.each(told)(
  '%s is told to every owner who may sign in: who, what, from where',
  async (_, act, change) => {
    const blocked = await server.addMember({ role: 'owner' });
    await owner.call('POST', `members/${blocked.id}/block`);
    expect((await act()).status).toBeLessThan(300);
    const mails = await toldOwners();
    expect(mails.map(({ memberId }) => memberId).sort()).toEqual([owner.member.id, second.id].sort());
    for (const { content } of mails)
      expect(content).toMatchObject({ by: personOf(owner.member), ip: '127.0.0.1', change: change() });
  },
);

test('what was refused, and what protects more, is told to nobody', async () => {
  const { email } = plain;
  expect((await owner.call('POST', 'members', { email, name: 'X', role: 'owner' })).status).toBe(409);
  expect((await owner.call('PUT', `members/${plain.id}`, { email: second.email })).status).toBe(409);
  expect((await save({ idleSeconds: 600 }, 7)).status).toBe(409);
  expect((await save({ maxConnectionSeconds: 60 })).status).toBe(200);
  server.clock.now += 6 * 60_000;
  for (const [, act] of told) expect((await act()).status).toBeGreaterThanOrEqual(400);
  expect(await waiting()).toEqual([]);
});

test('rules that could not be saved because devices hold nothing back are told to nobody', async () => {
  await server.signIn(plain);
  const change = { idleSeconds: 600, trafficWhileWaiting: 'gate' };
  expect((await save(change)).status).toBeGreaterThanOrEqual(400);
  expect((await save({ idleSeconds: 600 })).status).toBe(200);
  expect(await toldOwners()).toHaveLength(2);
});

test('another address is told at both, and owners read what it was and is', async () => {
  await owner.call('PUT', `members/${plain.id}`, { email: 'new@test.example' });
  await send();
  const mails = sink.mails.filter(
    ({ subject }) => subject === 'Your e-mail address for Test team was changed',
  );
  expect(mails.map(({ to }) => to?.[0]?.address).sort()).toEqual([plain.email, 'new@test.example'].sort());
  for (const { text } of mails)
    expect(text).toContain(`Old address: ${plain.email}\nNew address: new@test.example\n`);
  const notice = sink.find('The address of a member was changed');
  expect(notice.text).toContain(`Address: ${plain.email} → new@test.example\n`);
  expect(notice.text).toContain(`<${owner.member.email}>`);
  expect(notice.text).toContain('From: 127.0.0.1');
});

test('a role that was changed, up or down, is told to the member', async () => {
  await owner.call('PUT', `members/${plain.id}`, { role: 'administrator' });
  await owner.call('PUT', `members/${plain.id}`, { role: 'member', name: 'Other' });
  expect(await toldMember()).toMatchObject([
    { kind: 'role-changed', from: 'member', to: 'administrator' },
    { kind: 'role-changed', from: 'administrator', to: 'member' },
  ]);
  expect(await toldOwners()).toHaveLength(2);
});

test('password and address that an integration sets are told to the member', async () => {
  const token = await server.addApiToken(['members:write']);
  const body = { password: 'another long password', email: 'new@test.example' };
  const set = await server.request('PUT', `/api/v1/member/${plain.id}`, { token, body });
  expect(set.status).toBe(200);
  expect(await toldMember()).toMatchObject([
    { kind: 'email-changed', recipient: plain.email },
    { kind: 'email-changed', recipient: 'new@test.example' },
    { kind: 'password-set' },
  ]);
});

test('a password that is set on the server is told to the member', async () => {
  const input = { memberId: plain.id, passwordHash: 'a hash', actor: 'cli', now: server.clock.now };
  await server.ctx.database.db.transaction().execute((tx) => setPasswordFor(tx, server.ctx, input));
  expect(await toldMember()).toMatchObject([{ kind: 'password-set' }]);
});

test('an authenticator that too many wrong codes have disabled is told to the member, once', async () => {
  const key = `member:${plain.id}:totp`;
  const counted = { key, failures: 0, window_started_at: 0, failures_in_row: 99, blocked_until: 0 };
  await server.ctx.database.db.insertInto('attempt').values(counted).execute();
  const browser = new PanelBrowser(server);
  const { mfaToken } = (await browser.password(plain)).body;
  const wrong = { mfaToken, method: 'totp', code: '000000' };
  for (let time = 0; time < 2; time++)
    expect((await browser.ask('POST', 'sign-in/mfa', wrong)).body.code).toBe('factor-disabled');
  expect(await toldMember()).toMatchObject([{ kind: 'factor-disabled', ip: '127.0.0.1' }]);
});

test('a PIN that is gone is told to the member: by wrong ones, by the member, by an administrator', async () => {
  await server.setPolicy({ totpPriorConnection: false, unlockPriorConnection: true });
  const device = await TestDevice.signIn(server, plain);
  const removals = async () =>
    (await toldMember()).flatMap((content) => (content.kind === 'unlock-removed' ? [content] : []));
  await device.setPin('482913');
  for (let time = 0; time < 5; time++) {
    const { challenge } = (await device.call('POST', 'device/unlock-check', {})).body;
    const proof = await device.pin(challenge, '777123');
    await device.call('POST', 'device/unlock-check', { challengeId: challenge.id, proof });
    server.clock.now += 60_000;
  }
  server.nextStep();
  await device.setPin('482913');
  expect((await device.call('DELETE', 'device/pin')).status).toBeLessThan(300);
  expect((await device.call('DELETE', 'device/pin')).status).toBeLessThan(300);
  await device.setPin('482913');
  const reset = () =>
    server.ctx.database.db
      .transaction()
      .execute((tx) =>
        resetUnlockFor(tx, server.ctx, { memberId: plain.id, actor: 'cli', now: server.clock.now }),
      );
  await reset();
  await reset();
  expect(await removals()).toMatchObject([
    { why: 'wrong-pins', deviceName: 'Laptop', ip: '127.0.0.1' },
    { why: 'by-member', deviceName: 'Laptop', ip: '127.0.0.1' },
    { why: 'by-administrator', deviceName: null, ip: null },
  ]);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Policy, policySchema } from '../../../../src-shared/policy.ts';
import { addByAdmin } from '../../../people/members/administration.ts';
import { PanelBrowser } from '../../../testing/panel-browser.ts';
import { PanelClient } from '../../../testing/panel-client.ts';
import { startTestServer, type TestMember, type TestServer } from '../../../testing/test-server.ts';

const MINUTE = 60_000;
const mail = { host: '127.0.0.1', port: 1, security: 'none' as const, from: 'vpn@test.example' };
const teamName = 'Test team';
const defaults = policySchema.parse({});

let server: TestServer;
let owner: PanelClient;
let plain: TestMember;
let gatewayId: string;
beforeEach(async () => {
  server = await startTestServer({ config: { mail } });
  owner = await PanelClient.of(server, 'owner');
  plain = await server.addMember();
  gatewayId = (await owner.call('POST', 'gateways', { name: 'main', ...network })).body.gateway.id;
});
afterEach(() => server.close());

const save = (change: Partial<Policy>, extra: Record<string, unknown> = {}, by = owner) =>
  by.call('PUT', 'policy', { policy: { ...defaults, ...change }, version: 0, ...extra });
const prove = (body: Record<string, unknown>, by = owner) => by.call('POST', 'session/step-up', body);
const code = (by = owner) => ({ method: 'totp', code: server.codeOf(by.member) });
const network = { subnet: '10.99.0.0/24', allowedIps: ['10.20.0.0/16'] };
const rows = async (table: 'gateway' | 'audit' | 'member' | 'api_token' | 'mfa_reset' | 'mail') =>
  (await server.ctx.database.db.selectFrom(table).selectAll().execute()).length;

/** What needs a proof, as the page would ask for it. */
const asking: [string, () => Promise<{ status: number; body: { code?: string } }>][] = [
  ['a rule that is loosened', () => save({ maxConnectionSeconds: 90_000 })],
  [
    'a new administrator',
    () => owner.call('POST', 'members', { email: 'x@test.example', name: 'X', role: 'administrator' }),
  ],
  ['a promotion', () => owner.call('PUT', `members/${plain.id}`, { role: 'administrator' })],
  ["somebody else's address", () => owner.call('PUT', `members/${plain.id}`, { email: 'y@test.example' })],
  ['a reset of MFA', () => owner.call('POST', `members/${plain.id}/mfa-reset`, {})],
  ['a gateway', () => owner.call('POST', 'gateways', { name: `gw ${Math.random()}`, ...network })],
  [
    'a new token of a gateway',
    () => owner.call('POST', `gateways/${gatewayId}/token`, { endsOldNow: false }),
  ],
  ['an API token', () => owner.call('POST', 'api-tokens', { name: 'SOC', scopes: ['members:read'] })],
];

test.each(asking)('%s needs a proof of the last five minutes, a sign-in included', async (_, ask) => {
  server.clock.now += 5 * MINUTE;
  const before = [
    await rows('audit'),
    await rows('member'),
    await rows('api_token'),
    await rows('mfa_reset'),
  ];
  const refused = await ask();
  expect(refused).toMatchObject({
    status: 401,
    body: { code: 'step-up-required', methods: ['totp', 'backup-code'], needsTeamName: false },
  });
  expect([
    await rows('audit'),
    await rows('member'),
    await rows('api_token'),
    await rows('mfa_reset'),
  ]).toEqual(before);
  expect((await prove(code())).status).toBe(204);
  server.clock.now += 5 * MINUTE - 1;
  expect((await ask()).status).toBeLessThan(300);
});

test('a sign-in with a code counts for five minutes', async () => {
  server.clock.now += 5 * MINUTE - 1;
  for (const [, ask] of asking) expect((await ask()).status).toBeLessThan(300);
});

test('what protects more, or changes nothing about who may do what, needs none', async () => {
  server.clock.now += 6 * MINUTE;
  expect((await save({ maxConnectionSeconds: 60, moveWithoutCode: false })).status).toBe(200);
  for (const [method, path, body] of [
    ['POST', 'members', { email: 'x@test.example', name: 'X' }],
    ['PUT', `members/${plain.id}`, { name: 'Other', email: plain.email.toUpperCase(), role: 'member' }],
    ['POST', `members/${plain.id}/disconnect`, {}],
    ['POST', `members/${plain.id}/block`, {}],
    ['DELETE', `members/${plain.id}`, undefined],
  ] as const)
    expect((await owner.call(method, path, body)).status).toBeLessThan(300);
});

test('a save that another one has overtaken is told so before anything is asked', async () => {
  server.clock.now += 6 * MINUTE;
  expect((await save({ idleSeconds: 600 }, { version: 7 })).body.code).toBe('policy-changed');
});

test('a code is spent by it, as everywhere: for a second step-up, and for a sign-in', async () => {
  server.nextStep();
  const given = code();
  expect((await prove(given)).status).toBe(204);
  expect((await prove(given)).body.code).toBe('code-already-used');
  const elsewhere = new PanelBrowser(server);
  const { mfaToken } = (await elsewhere.password(owner.member)).body;
  const signIn = await elsewhere.ask('POST', 'sign-in/mfa', { mfaToken, ...given });
  expect(signIn.body.code).toBe('code-already-used');
  const [backup = ''] = owner.member.backupCodes;
  expect((await prove({ method: 'backup-code', code: backup })).status).toBe(204);
  expect((await prove({ method: 'backup-code', code: backup })).body.code).toBe('code-already-used');
});

test('wrong codes are counted together with those of sign-ins, and prove nothing', async () => {
  server.clock.now += 6 * MINUTE;
  expect((await prove({ method: 'totp', code: '000000' })).body).toMatchObject({
    code: 'invalid-code',
    attemptsLeft: 4,
  });
  const elsewhere = new PanelBrowser(server);
  const { mfaToken } = (await elsewhere.password(owner.member)).body;
  const signIn = await elsewhere.ask('POST', 'sign-in/mfa', { mfaToken, method: 'totp', code: '000000' });
  expect(signIn.body).toMatchObject({ code: 'invalid-code', attemptsLeft: 3 });
  expect((await save({ idleSeconds: 600 })).body.code).toBe('step-up-required');
});

test('a proof is of one session: another one of the same member has none', async () => {
  const other = new PanelBrowser(server);
  server.nextStep();
  await other.signIn(owner.member);
  server.clock.now += 6 * MINUTE;
  expect((await prove(code())).status).toBe(204);
  const asked = await other.ask('POST', 'api-tokens', { name: 'SOC', scopes: ['members:read'] });
  expect(asked.body.code).toBe('step-up-required');
});

test("turning both gates off takes the team's name besides, typed", async () => {
  const off = { totpPriorConnection: false };
  const needs = { code: 'step-up-required', methods: [], needsTeamName: true };
  expect((await save(off)).body).toMatchObject(needs);
  expect((await save(off, { teamName: 'Another team' })).body).toMatchObject(needs);
  server.clock.now += 6 * MINUTE;
  expect((await save(off)).body).toMatchObject({ ...needs, methods: ['totp', 'backup-code'] });
  expect((await save(off, { teamName })).body).toMatchObject({
    code: 'step-up-required',
    needsTeamName: false,
  });
  expect((await prove(code())).status).toBe(204);
  // One gate in place of the other is no gate less.
  expect((await save({ ...off, unlockPriorConnection: true })).status).toBe(200);
  expect((await save(off, { version: 1 })).body).toMatchObject(needs);
  expect((await save(off, { version: 1, teamName: ` ${teamName} ` })).status).toBe(200);
});

test('exempting a device loosens what was held back before, and not what begins with it', async () => {
  const exemptDevices = ['01a1ffbd-8da2-7710-bc82-16adeaf130c7'];
  server.clock.now += 6 * MINUTE;
  expect((await save({}, { exemptDevices })).status).toBe(200);
  await server.setPolicy({ trafficWhileWaiting: 'gate' });
  const again = await save({ trafficWhileWaiting: 'gate' }, { version: 2, exemptDevices });
  expect(again.body.code).toBe('step-up-required');
});

test('who has no authenticator gives the password while the team requires none, and is led to setting one up where it does', async () => {
  await server.setPolicy({ mfaRequired: { panel: false, client: true } });
  const bare = await server.addMember({ role: 'owner', withTotp: false });
  const browser = new PanelBrowser(server);
  await browser.signIn(bare);
  const make = () => browser.ask('POST', 'api-tokens', { name: 'SOC', scopes: ['members:read'] });
  const give = (password: string) => browser.ask('POST', 'session/step-up', { method: 'password', password });
  expect((await make()).status).toBe(201);
  server.clock.now += 5 * MINUTE;
  expect((await make()).body).toMatchObject({ code: 'step-up-required', methods: ['password'] });
  expect((await give('not it')).body.code).toBe('wrong-password');
  expect((await make()).body.code).toBe('step-up-required');
  expect((await give(bare.password)).status).toBe(204);
  expect((await make()).status).toBe(201);
  await server.setPolicy({ mfaRequired: { panel: true, client: true } });
  expect((await make()).body).toMatchObject({ code: 'session-invalid', reason: { code: 'mfa-required' } });
  expect((await browser.password(bare)).body.code).toBe('mfa-setup-required');
});

test('where there is an authenticator the password is no proof, given now or before', async () => {
  await server.setPolicy({ mfaRequired: { panel: false, client: true } });
  const bare = await server.addMember({ role: 'owner', withTotp: false });
  const browser = new PanelBrowser(server);
  await browser.signIn(bare);
  const { factorId, secret } = (await browser.ask('POST', 'account/mfa/setup', {})).body;
  const renewed = { ...bare, totpSecret: secret };
  await browser.ask('POST', 'account/mfa/confirm', { factorId, code: server.codeOf(renewed) });
  const make = () => browser.ask('POST', 'api-tokens', { name: 'SOC', scopes: ['members:read'] });
  expect((await make()).body).toMatchObject({ code: 'step-up-required', methods: ['totp', 'backup-code'] });
  const password = { method: 'password', password: bare.password };
  expect((await browser.ask('POST', 'session/step-up', password)).body.code).toBe('wrong-state');
  server.nextStep();
  const totp = { method: 'totp', code: server.codeOf(renewed) };
  expect((await browser.ask('POST', 'session/step-up', totp)).status).toBe(204);
  expect((await make()).status).toBe(201);
});

test('who is demoted while a password is hashed adds no administrator', async () => {
  const { db } = server.ctx.database;
  const { id } = await db
    .selectFrom('session')
    .select('id')
    .where('member_id', '=', owner.member.id)
    .executeTakeFirstOrThrow();
  const admin = { memberId: owner.member.id, session: { id }, ip: null };
  const add = (name: string) =>
    addByAdmin(server.ctx, admin, { email: `${name}@test.example`, name, role: 'administrator' });
  expect((await add('first')).ok).toBe(true);
  const adding = add('second');
  // Waits for its turn behind the first look at the rights, and is done before the hash is.
  await db.updateTable('member').set({ role: 'administrator' }).where('id', '=', admin.memberId).execute();
  expect(await adding).toMatchObject({ ok: false, problem: { code: 'insufficient-role' } });
  const found = db.selectFrom('member').select('id').where('email', '=', 'second@test.example');
  expect(await found.execute()).toEqual([]);
});

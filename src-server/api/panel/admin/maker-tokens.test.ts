import { afterEach, beforeEach, expect, test } from 'vitest';
import { apiTokensAnswer } from '../../../../src-shared/panel/api-tokens.ts';
import { memberAnswer } from '../../../../src-shared/panel/members.ts';
import { mailContent } from '../../../mail/mail-content.ts';
import { PanelClient } from '../../../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../../../testing/test-server.ts';

const MINUTE = 60_000;
const mail = { host: '127.0.0.1', port: 1, security: 'none' as const, from: 'vpn@test.example' };

/** An administrator makes API tokens, and an owner decides what becomes of both. */
let server: TestServer;
let owner: PanelClient;
let maker: PanelClient;
let token: string;
let tokenId: string;
beforeEach(async () => {
  server = await startTestServer({ config: { mail } });
  owner = await PanelClient.of(server, 'owner');
  maker = await PanelClient.of(server, 'administrator');
  const scopes = ['members:read', 'members:write', 'members:disconnect'];
  const made = await maker.call('POST', 'api-tokens', { name: 'SOC', scopes });
  token = made.body.token;
  tokenId = made.body.apiToken.id;
});
afterEach(() => server.close());

const works = async () => (await server.request('GET', '/api/v1/members', { token })).status === 200;
const listed = async () => {
  const { apiTokens } = apiTokensAnswer.parse((await owner.get('api-tokens')).body);
  return apiTokens.find(({ id }) => id === tokenId);
};
const of = (id = maker.member.id) => `members/${id}`;
/** The newest mail to owners. */
async function lastNotice() {
  const { db } = server.ctx.database;
  const rows = await db
    .selectFrom('mail')
    .selectAll()
    .where('kind', '=', 'team-change')
    .orderBy('id')
    .execute();
  const last = rows.at(-1);
  if (!last) return null;
  const text = Buffer.from(server.ctx.keys.sealedBox.open(last.content_sealed)).toString('utf8');
  const content = mailContent.parse(JSON.parse(text));
  return content.kind === 'team-change' ? content.change : null;
}

const ways = [
  ['blocked', 'maker-blocked', (keep: object) => owner.call('POST', `${of()}/block`, keep)],
  ['demoted', 'maker-demoted', (keep: object) => owner.call('PUT', of(), { role: 'member', ...keep })],
  [
    'removed',
    'maker-removed',
    (keep: object) => owner.call('DELETE', `${of()}${'keepApiTokens' in keep ? '?keepApiTokens=true' : ''}`),
  ],
] as const;

test.each(ways)('a token ends when whoever made it is %s; owners are told', async (_, why, end) => {
  expect(await listed()).toMatchObject({
    madeBy: expect.stringContaining(maker.member.email),
    isKept: false,
  });
  const { member } = memberAnswer.parse((await owner.get(of())).body);
  expect(member.apiTokens).toEqual(['SOC']);
  expect(await works()).toBe(true);
  // To let it end needs no proof.
  server.clock.now += 6 * MINUTE;
  expect((await end({})).status).toBeLessThan(300);
  expect(await works()).toBe(false);
  expect(await listed()).toMatchObject({ status: 'revoked', endReason: why });
  expect(await lastNotice()).toMatchObject({ what: 'maker-tokens', names: ['SOC'], isKept: false, why });
});

test.each(ways)(
  'a token outlives whoever made it and is %s where that is chosen, after a step-up',
  async (_, why, end) => {
    server.clock.now += 6 * MINUTE;
    expect((await end({ keepApiTokens: true })).body.code).toBe('step-up-required');
    expect(await listed()).toMatchObject({ isKept: false });
    const code = server.codeOf(owner.member);
    expect((await owner.call('POST', 'session/step-up', { method: 'totp', code })).status).toBe(204);
    expect((await end({ keepApiTokens: true })).status).toBeLessThan(300);
    expect(await works()).toBe(true);
    expect(await listed()).toMatchObject({ status: 'active', isKept: true, endReason: null });
    expect(await lastNotice()).toMatchObject({ what: 'maker-tokens', isKept: true, why });
    // Nobody stands for it any more: it is kept or revoked.
    const back = await owner.call('PUT', `api-tokens/${tokenId}`, { isKept: false });
    expect(back.body.code).toBe('wrong-state');
  },
);

test('a token is kept before anybody leaves, with a step-up, audited and told', async () => {
  server.clock.now += 6 * MINUTE;
  const keep = (isKept: boolean) => owner.call('PUT', `api-tokens/${tokenId}`, { isKept });
  expect((await keep(true)).body.code).toBe('step-up-required');
  const code = server.codeOf(owner.member);
  await owner.call('POST', 'session/step-up', { method: 'totp', code });
  expect((await keep(true)).status).toBe(204);
  expect(await lastNotice()).toEqual({ what: 'api-token-kept', name: 'SOC' });
  const rows = server.ctx.database.db.selectFrom('audit').selectAll().where('action', '=', 'api-token.keep');
  expect((await rows.execute()).map(({ subject }) => subject)).toEqual([`api-token:${tokenId}`]);
  await owner.call('DELETE', of());
  expect(await works()).toBe(true);
  expect((await owner.call('DELETE', `api-tokens/${tokenId}`)).status).toBe(204);
  expect((await keep(true)).status).toBe(404);
});

test('an owner who becomes an administrator may still make tokens, and theirs stay', async () => {
  const other = await PanelClient.of(server, 'owner');
  const made = await other.call('POST', 'api-tokens', { name: 'Other', scopes: ['members:read'] });
  token = made.body.token;
  expect((await owner.call('PUT', of(other.member.id), { role: 'administrator' })).status).toBe(200);
  expect(await works()).toBe(true);
});

test('a token of somebody who is no administrator counts for nothing, however that came about', async () => {
  const { db } = server.ctx.database;
  await db.updateTable('member').set({ role: 'member' }).where('id', '=', maker.member.id).execute();
  expect(await works()).toBe(false);
});

test.each([
  ['is revoked', { revoked_at: 1 }],
  ['expires', { expires_at: 1 }],
  ['is suspended', { suspended_at: 1 }],
])('a token that %s while a password is hashed adds nobody', async (_, end) => {
  const add = (email: string) =>
    server.request('POST', '/api/v1/member', {
      token,
      body: { name: 'X', email, password: 'a long password' },
    });
  expect((await add('first@test.example')).status).toBe(200);
  const adding = add('second@test.example');
  const { db } = server.ctx.database;
  const uses = async () =>
    (await db.selectFrom('api_token').select('use_count').where('id', '=', tokenId).executeTakeFirstOrThrow())
      .use_count;
  // Let in, and at its hash.
  await expect.poll(uses, { interval: 1 }).toBe(2);
  await db.updateTable('api_token').set(end).where('id', '=', tokenId).execute();
  expect((await adding).body.code).toBe('token-invalid');
  const found = db.selectFrom('member').select('id').where('email', '=', 'second@test.example');
  expect(await found.execute()).toEqual([]);
});

test('a demotion that is refused ends no token', async () => {
  const change = { role: 'member', email: owner.member.email };
  expect((await owner.call('PUT', of(), change)).body.code).toBe('email-taken');
  expect(await works()).toBe(true);
  expect(await lastNotice()).toMatchObject({ what: 'api-token' });
});

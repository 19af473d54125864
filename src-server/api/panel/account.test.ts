import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ActivityItem, accountAnswer, activityAnswer } from '../../../src-shared/panel/account.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let member: TestMember;
let browser: PanelBrowser;
beforeEach(async () => {
  server = await startTestServer();
  member = await server.addMember();
  browser = new PanelBrowser(server);
  await browser.signIn(member);
  server.nextStep();
});
afterEach(() => server.close());

const account = async () => accountAnswer.parse((await browser.ask('GET', 'account')).body);
const isClientIn = async (token: string) =>
  (await server.request('GET', '/client/v1/me', { token })).status === 200;

describe('a new password', () => {
  const newPassword = 'another long password';
  const change = (currentPassword: string, wanted = newPassword) =>
    browser.ask('PUT', 'account/password', { currentPassword, newPassword: wanted });

  test('ends every other session and sign-in on its way, and leaves this one', async () => {
    const client = await server.signIn(member);
    server.nextStep();
    const elsewhere = new PanelBrowser(server);
    await elsewhere.signIn(member);
    server.nextStep();
    const onItsWay = new PanelBrowser(server);
    const { body } = await onItsWay.password(member);
    expect((await change(member.password)).status).toBe(204);

    expect((await browser.ask('GET', 'session')).status).toBe(200);
    expect((await elsewhere.ask('GET', 'session')).status).toBe(401);
    expect(await isClientIn(client.sessionToken)).toBe(false);
    const late = { mfaToken: body.mfaToken, method: 'totp', code: server.codeOf(member) };
    expect((await onItsWay.ask('POST', 'sign-in/mfa', late)).body.code).toBe('mfa-token-invalid');
    expect((await onItsWay.password(member)).body.code).toBe('invalid-credentials');
    expect((await onItsWay.password({ ...member, password: newPassword })).body.code).toBe('mfa-required');
  });

  test.each([
    ['a wrong present one', 'not the password', newPassword, 403, 'wrong-password'],
    ['one that is too short', 'a long password 1', 'short', 400, 'password-too-weak'],
    ['the same again', 'a long password 1', 'a long password 1', 400, 'password-too-weak'],
  ])('is refused with %s', async (_, current, wanted, status, code) => {
    const answer = await change(current, wanted);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect((await new PanelBrowser(server).password(member)).body.code).toBe('mfa-required');
  });

  test('that two ask for at once is one of the two, and the other is told', async () => {
    const answers = await Promise.all([
      change(member.password, 'first new password'),
      change(member.password, 'second new password'),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 403]);
  });
});

describe('sessions and devices', () => {
  test('are listed with where they are, and this one is marked', async () => {
    const { deviceId } = await server.signIn(member);
    const { sessions, devices } = await account();
    expect(devices).toMatchObject([{ id: deviceId, name: 'Laptop', isConnected: false, gatewayName: null }]);
    expect(sessions).toHaveLength(2);
    expect(sessions.find(({ isThis }) => isThis)).toMatchObject({ kind: 'panel', ip: '127.0.0.1' });
    expect(sessions.find(({ kind }) => kind === 'client')).toMatchObject({
      deviceName: 'Laptop',
      ip: '127.0.0.1',
      isThis: false,
    });
  });

  test('of oneself can be ended one by one', async () => {
    const client = await server.signIn(member);
    server.nextStep();
    const elsewhere = new PanelBrowser(server);
    await elsewhere.signIn(member);
    for (const { id, isThis } of (await account()).sessions)
      if (!isThis) expect((await browser.ask('DELETE', `account/sessions/${id}`)).status).toBe(204);
    expect((await elsewhere.ask('GET', 'session')).status).toBe(401);
    expect(await isClientIn(client.sessionToken)).toBe(false);
    expect((await account()).sessions).toHaveLength(1);
    const [own] = (await account()).sessions;
    expect((await browser.ask('DELETE', `account/sessions/${own?.id}`)).status).toBe(204);
    expect(browser.cookie).toBe('');
  });

  test('of others are not there to be ended', async () => {
    const other = await server.addMember();
    const { sessionToken, deviceId } = await server.signIn(other);
    const theirs = new PanelBrowser(server);
    server.nextStep();
    await theirs.signIn(other);
    const listed = accountAnswer.parse((await theirs.ask('GET', 'account')).body);
    for (const { id } of listed.sessions)
      expect((await browser.ask('DELETE', `account/sessions/${id}`)).status).toBe(404);
    const device = await browser.ask('DELETE', `account/devices/${deviceId}`);
    expect([device.status, device.body.code]).toEqual([404, 'device-not-found']);
    expect(await isClientIn(sessionToken)).toBe(true);
    expect((await theirs.ask('GET', 'session')).status).toBe(200);
  });

  test('a device that is removed is signed out and gone', async () => {
    const { sessionToken, deviceId } = await server.signIn(member);
    expect((await browser.ask('DELETE', `account/devices/${deviceId}`)).status).toBe(204);
    expect(await isClientIn(sessionToken)).toBe(false);
    expect((await account()).devices).toEqual([]);
    expect((await browser.ask('DELETE', `account/devices/${deviceId}`)).status).toBe(404);
  });
});

describe('activity', () => {
  test('is paged by key without a gap or a repeat, newest first, and holds only what is the member’s', async () => {
    const other = await server.addMember();
    await server.signIn(other);
    await server.signIn(member);
    await browser.password({ ...member, password: 'not the password' });
    const all: ActivityItem[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await browser.ask('GET', `account/activity?limit=2${query}`);
      const page = activityAnswer.parse(body);
      all.push(...page.items);
      cursor = page.nextCursor;
    }
    const seqs = all.map(({ id }) => Number(id));
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => b - a));
    const rows = await server.ctx.database.db.selectFrom('audit').selectAll().execute();
    const mine = rows.filter(({ actor, subject }) => `${actor} ${subject}`.includes(member.id));
    const devices = rows.filter(({ subject }) => subject?.startsWith('device:'));
    expect(all.length).toBe(mine.length);
    expect(devices.length).toBeGreaterThan(1);
    expect(all[0]).toMatchObject({
      action: 'sign-in.password',
      outcome: 'refused',
      reason: 'invalid-credentials',
      who: 'you',
    });
    expect(all.find(({ action }) => action === 'session.begin')).toMatchObject({ deviceName: 'Laptop' });
    expect(JSON.stringify(all)).not.toContain(other.id);
  });

  test('refuses a cursor that is none', async () => {
    expect((await browser.ask('GET', 'account/activity?cursor=x')).status).toBe(400);
    expect((await browser.ask('GET', 'account/activity?limit=101')).status).toBe(400);
  });
});

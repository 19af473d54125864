import { afterAll, beforeAll, expect, test } from 'vitest';
import { PanelClient } from '../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
let owner: PanelClient;
beforeAll(async () => {
  server = await startTestServer({ config: { teamName: 'Example: Berlin & 🚀' } });
  owner = await PanelClient.of(server, 'owner');
});
afterAll(() => server.close());

test('a name that was typed decomposed is stored composed, and found either way', async () => {
  const made = await owner.call('POST', 'members', {
    email: 'juergen@example.com',
    name: ' Ju\u0308rgen\u200b  Groß ',
  });
  expect(made.body.member.name).toBe('J\u00fcrgen Groß');
  for (const search of ['Ju\u0308rgen', 'J\u00fcrgen'])
    expect((await owner.get(`members?search=${encodeURIComponent(search)}`)).body.members).toHaveLength(1);
  const refused = await owner.call('POST', 'members', { email: 'x@example.com', name: 'a\u001b[2Jb' });
  expect(refused).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('control characters') },
  });
});

test.each([
  [['127.0.0.1'], ['127.0.0.1/32']],
  [['[::ffff:127.0.0.1]'], ['127.0.0.1/32']],
  [['127.9.9.9/255.0.0.0'], ['127.0.0.0/8']],
  [
    ['::ffff:127.0.0.0/104', 'fe80::1%eth0'],
    ['127.0.0.0/8', 'fe80::1/128'],
  ],
])('a token for %j works from there', async (allowedIps, stored) => {
  const made = await owner.call('POST', 'api-tokens', { name: 'SOC', scopes: ['members:read'], allowedIps });
  expect(made.body.apiToken.allowedIps).toEqual(stored);
  const { token } = made.body;
  expect((await server.request('GET', '/api/v1/members', { token })).status).toBe(200);
});

test.each([['10'], ['010.0.0.1'], ['10.0.0.1-10.0.0.9'], ['10.0.0.0/33']])(
  'a token for "%s" is refused with what to write',
  async (network) => {
    const body = { name: 'SOC', scopes: ['members:read'], allowedIps: [network] };
    const refused = await owner.call('POST', 'api-tokens', body);
    expect(refused).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('such as 192.0.2.1') },
    });
  },
);

test.each([
  '2026-11-29t12:00:00z',
  '2026-11-29 12:00:00',
  '2026-11-29T13:00:00+01:00',
  '2026-11-29',
  '2016-12-31T23:59:60Z',
])('logs are asked for from %s on', async (time) => {
  const token = await server.addApiToken(['logs:read']);
  // As it is, with its plus made a space, and encoded.
  for (const start of [time.replace('+', ' '), encodeURIComponent(time)]) {
    const logs = await server.request('GET', `/api/v1/system-level-logs?start=${start}`, { token });
    expect(logs.status).toBe(200);
  }
  expect((await owner.get(`audit?from=${encodeURIComponent(time)}`)).status).toBe(200);
});

test('a day that does not exist is refused by name', async () => {
  const token = await server.addApiToken(['logs:read']);
  const detail = expect.stringContaining('expected a day that exists, not 2026-02-30');
  const logs = await server.request('GET', '/api/v1/gateway-level-logs?end=2026-02-30', { token });
  expect(logs).toMatchObject({ status: 400, body: { detail } });
  expect(await owner.get('audit?to=2026-02-30T00:00:00Z')).toMatchObject({ status: 400, body: { detail } });
});

test('a code in any script signs in, and a device is not kept out by its own name', async () => {
  const member = await server.addMember();
  const body = server.signInBody(member);
  const device = Object.assign({}, body.device, { name: 'Ada’s\u0000 laptop\u202e' });
  const first = await server.request('POST', '/client/v1/sign-in', { body: { ...body, device } });
  const code = server
    .codeOf(member)
    .replaceAll(/\d/g, (digit) => String.fromCodePoint(0x0660 + Number(digit)))
    .replace(/^.{3}/, '\u200f$&\u00a0');
  const { mfaToken } = first.body;
  const second = await server.request('POST', '/client/v1/sign-in/mfa', {
    body: { mfaToken, method: 'totp', code },
  });
  expect(second.status).toBe(200);
  const me = await server.request('GET', '/client/v1/me', { token: second.body.sessionToken });
  expect(me.body.device.name).toBe('Ada’s laptop');
});

test('a set-up has one issuer, however the team is called', async () => {
  const member = await server.addMember({ withTotp: false });
  const asked = await server.request('POST', '/client/v1/sign-in', { body: server.signInBody(member) });
  const { setupToken } = asked.body;
  const { otpauthUri } = (await server.request('POST', '/client/v1/mfa/setup', { body: { setupToken } }))
    .body;
  const { pathname, searchParams } = new URL(otpauthUri);
  expect(decodeURIComponent(pathname).slice(1)).toBe(`Example - Berlin & 🚀:${member.email}`);
  expect(searchParams.get('issuer')).toBe('Example - Berlin & 🚀');
});

test('a channel that is called without a WebSocket says so', async () => {
  const { sessionToken: token } = await server.signIn(await server.addMember());
  expect(await server.request('GET', '/client/v1/channel', { token })).toMatchObject({
    status: 400,
    body: { code: 'invalid-request', detail: expect.stringContaining('Upgrade') },
  });
});

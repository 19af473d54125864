import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { forwardedAddress, forwardedFor, MOST_HOPS } from './forwarding.ts';

test.each([
  ['192.0.2.60', '192.0.2.60'],
  ['192.0.2.60:47011', '192.0.2.60'],
  ['"192.0.2.60:47011"', '192.0.2.60'],
  ['[2001:db8:cafe::17]', '2001:db8:cafe::17'],
  ['"[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
  ['[2001:db8:cafe::17]:_hid.den', '2001:db8:cafe::17'],
  ['2001:DB8:cafe::17', '2001:db8:cafe::17'],
  ['::ffff:192.0.2.60', '192.0.2.60'],
  ['[::ffff:192.0.2.60]:80', '192.0.2.60'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[fe80::1%eth0]:443', 'fe80::1'],
  ['  192.0.2.60\t', '192.0.2.60'],
  ['unknown', null],
  ['_hidden', null],
  ['', null],
  ['vpn.example.com', null],
  // What other parsers take for an address.
  ['10', null],
  ['0x7f.1', null],
  ['010.0.0.1', null],
  ['[2001:db8::1', null],
  ['192.0.2.60:', null],
])('an address in a forwarding header: %j is %j', (text, address) => {
  expect(forwardedAddress(text)).toBe(address);
});

test.each([
  ['x-forwarded-for', '203.0.113.9', ['203.0.113.9']],
  [
    'x-forwarded-for',
    '203.0.113.9, [2001:db8::1]:443 ,,10.0.0.1:80',
    ['203.0.113.9', '2001:db8::1', '10.0.0.1'],
  ],
  ['x-forwarded-for', 'evil, 203.0.113.9', ['unknown', '203.0.113.9']],
  ['x-forwarded-for', ' , ', []],
  ['forwarded', 'for=192.0.2.43, for="[2001:db8:cafe::17]";proto=https', ['192.0.2.43', '2001:db8:cafe::17']],
  ['forwarded', 'By=203.0.113.43;FOR="192.0.2.43:4711"', ['192.0.2.43']],
  ['forwarded', 'for=_secret, proto=https', ['unknown', 'unknown']],
  ['forwarded', 'for=192.0.2.43, for="broken', ['unknown']],
  ['forwarded', 'for=192.0.2.43 for=10.0.0.1', ['unknown']],
] as const)('%s: %s', (header, value, chain) => {
  expect(forwardedFor({ [header]: value }, header)).toEqual(chain);
});

/** The address that the server took for the caller's, as its log has it. */
async function addressSeen(server: TestServer, headers: Record<string, string>): Promise<string> {
  server.logLines.length = 0;
  await server.request('GET', '/openapi.json', { headers });
  const line = server.logLines.map((text) => JSON.parse(text)).find(({ msg }) => msg === 'answered');
  return line.ip;
}

test.each([
  ['x-forwarded-for', ''],
  ['forwarded', 'for='],
] as const)(
  'of thousands of addresses in %s, those that proxies can have written are looked at',
  (header, before) => {
    const list = Array.from({ length: 2_000 }, (_, i) => `${before}192.0.${i >> 8}.${i & 255}`);
    const chain = forwardedFor({ [header]: list.join(', ') }, header);
    expect(chain).toHaveLength(MOST_HOPS);
    expect(chain.at(-1)).toBe('192.0.7.207');
  },
);

test.each([
  [
    'x-forwarded-for',
    [
      [{ 'x-forwarded-for': '203.0.113.9, 10.1.0.1' }, '203.0.113.9'],
      // Whatever the client itself had written before stands farther away.
      [{ 'x-forwarded-for': '10.0.0.7, 203.0.113.9, 10.1.0.1' }, '203.0.113.9'],
      [{ 'x-forwarded-for': '203.0.113.9', forwarded: 'for=10.0.0.7' }, '203.0.113.9'],
      [{ forwarded: 'for=10.0.0.7' }, '127.0.0.1'],
      [{}, '127.0.0.1'],
    ],
  ],
  [
    'forwarded',
    [
      [{ forwarded: 'for="[2001:db8::1]:443"', 'x-forwarded-for': '10.0.0.7' }, '2001:db8::1'],
      [{ 'x-forwarded-for': '10.0.0.7' }, '127.0.0.1'],
    ],
  ],
] as const)(
  'only %s says who asks where it is configured, and only as far as proxies are trusted',
  async (proxyHeader, forms) => {
    const config = { trustedProxies: ['127.0.0.1', '10.1.0.0/16'], proxyHeader };
    const server = await startTestServer({ config });
    for (const [headers, address] of forms)
      expect([headers, await addressSeen(server, headers)]).toEqual([headers, address]);
    await server.close();
  },
);

test('metrics are not given to what was forwarded by nobody who is trusted, and the log says once what to set', async () => {
  const server = await startTestServer();
  const get = (headers: Record<string, string> = {}) => server.request('GET', '/metrics', { headers });
  expect((await get()).status).toBe(200);
  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-proto', 'x-forwarded-host'])
    expect([header, (await get({ [header]: '127.0.0.1' })).status]).toEqual([header, 404]);
  const warnings = server.logLines.filter((line) => line.includes('trustedProxies'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('trustedProxies = [\\"127.0.0.1\\"]');
  await server.close();
});

test('through a proxy that is trusted, the metrics are for the networks that may read them', async () => {
  const server = await startTestServer({ config: { trustedProxies: ['127.0.0.1'] } });
  const get = (address: string) =>
    server.request('GET', '/metrics', { headers: { 'x-forwarded-for': address } });
  expect((await get('10.0.0.7:4711')).status).toBe(200);
  expect((await get('203.0.113.9')).status).toBe(404);
  expect((await get('unknown')).status).toBe(404);
  expect((await get('')).status).toBe(404);
  const { status } = await server.request('GET', '/metrics', { headers: { forwarded: 'for=10.0.0.7' } });
  expect(status).toBe(404);
  expect((await get('10.0.0.7')).status).toBe(200);
  const warnings = server.logLines.filter((line) => line.includes('proxyHeader'));
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain('have it write one');
  expect(warnings[1]).toContain('set proxyHeader = \\"forwarded\\"');
  await server.close();
});

test('a forwarding header that says nothing does not make the proxy the one who asks', async () => {
  const server = await startTestServer({
    config: { trustedProxies: ['127.0.0.1'], proxyHeader: 'forwarded' },
  });
  const get = (forwarded: string) => server.request('GET', '/metrics', { headers: { forwarded } });
  expect((await get('for=10.0.0.7')).status).toBe(200);
  for (const empty of ['', ' ', 'proto=https'])
    expect([empty, (await get(empty)).status]).toEqual([empty, 404]);
  await server.close();
});

test('an API token with an allow list is not believed from an address that somebody claims', async () => {
  const server = await startTestServer();
  const listed = await server.addApiToken(['members:read'], { allowedIps: ['127.0.0.0/8'] });
  const open = await server.addApiToken(['members:read']);
  const headers = { 'x-forwarded-for': '127.0.0.1' };
  const ask = (token: string, more = {}) =>
    server.request('GET', '/api/v1/members', { token, headers: more });
  expect((await ask(listed)).status).toBe(200);
  expect((await ask(listed, headers)).body).toMatchObject({ status: 401, code: 'token-invalid' });
  expect((await ask(open, headers)).status).toBe(200);
  const { rows } = { rows: await server.ctx.database.db.selectFrom('audit').selectAll().execute() };
  const refused = rows.filter(({ action, outcome }) => action === 'api-token.use' && outcome === 'refused');
  expect(refused.map(({ ip, details_json }) => [ip, JSON.parse(details_json).why])).toEqual([
    ['127.0.0.1', 'forwarded'],
  ]);
  await server.close();
});

test('the page of the issuer may change things whatever a proxy makes of Host; other pages may not', async () => {
  const server = await startTestServer();
  const { issuer } = server.ctx.config;
  const status = (headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const call = request(
        `${server.url}/panel/v1/sign-in`,
        { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      call.on('error', reject);
      call.end('{}');
    });
  // 400: let in, and the empty body read.
  for (const host of ['127.0.0.1:8443', 'vpn.test.example:443', 'vpn.test.example'])
    expect([host, await status({ host, origin: issuer })]).toEqual([host, 400]);
  expect(await status({ host: 'evil.example', origin: 'https://evil.example' })).toBe(403);
  expect(await status({ origin: issuer, 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await status({})).toBe(400);
  const [warning] = server.logLines.filter((line) => line.includes('the Control Panel at'));
  expect(warning).toContain(issuer);
  expect(warning).toContain('https://evil.example');
  await server.close();
});

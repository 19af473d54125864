import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PanelClient } from '../../../testing/panel-client.ts';
import { ScriptedGateway } from '../../../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../../testing/test-server.ts';

/** What is refused changes nothing, so that one server is enough; the last row of the audit log tells. */
let server: TestServer;
let owner: PanelClient;
let gateway: ScriptedGateway;
let newest: number | undefined;
const newestRow = async () =>
  (await server.ctx.database.db.selectFrom('audit').select('seq').orderBy('seq', 'desc').executeTakeFirst())
    ?.seq;
beforeAll(async () => {
  server = await startTestServer();
  owner = await PanelClient.of(server, 'owner');
  gateway = await ScriptedGateway.create(server);
  await ScriptedGateway.create(server, 'gw2');
  newest = await newestRow();
});
afterEach(async () => {
  expect(await newestRow()).toBe(newest);
});
afterAll(() => server.close());

test.each([
  [{ subnet: '10.99.0.0/31' }, 'no room'],
  [{ name: 'gw1' }, 'already'],
  [{ subnet: 'ten' }, 'subnet'],
  [{ subnet: '127.0.0.0/24' }, 'no device'],
  [{ subnet: 'fe80::/64' }, 'no device'],
  [{ subnet: '224.0.0.0/24' }, 'no device'],
  [{ subnet: '10.0.0.0/4' }, 'no device'],
  [{ subnet6: '10.98.0.0/24' }, 'subnet6: 10.98.0.0/24 is not IPv6'],
  [{ subnet6: 'fd00::/48' }, 'subnet6: fd00::/48 is no network from /64 to /120'],
  [{ subnet6: 'fe80::/64' }, 'subnet6: no device can have an address of fe80::/64'],
  [{ subnet6: '2001:db8::/64' }, 'no device can have'],
  [{ subnet: '10.96.0.0/16', subnet6: 'fd00::/120' }, 'has room for fewer devices than 10.96.0.0/16'],
  [{ subnet: 'fd01::/64', subnet6: 'fd00::/64' }, 'fd01::/64 is IPv6 already'],
  [{ subnet6: 'six' }, 'subnet6'],
  [{ name: 'a\nb\u001b[31m' }, 'control characters'],
  [{ allowedIps: [] }, 'allowedIps'],
  [{ allowedIps: Array.from({ length: 65 }, (_, at) => `10.0.${at}.0/24`) }, 'allowedIps'],
  [{ mtu: 100 }, 'mtu'],
  [{ dnsDomains: ['corp..example'] }, 'dnsDomains'],
  [{ dnsDomains: ['10.20.0.53'] }, 'dnsDomains'],
  [{ dnsSearch: ['corp.7'] }, 'dnsSearch'],
  [{ dnsSearch: Array.from({ length: 17 }, (_, at) => `d${at}.example`) }, 'dnsSearch'],
  [{ alternatePorts: [0] }, 'alternatePorts'],
  [{ alternatePorts: [443, 443] }, 'alternatePorts: 443 is named twice'],
  [{ alternatePorts: [1, 2, 3, 4, 5] }, 'alternatePorts'],
  [{ colour: 'red' }, 'colour'],
])('a gateway with %j is refused', async (change, why) => {
  const body = { name: 'main', subnet: '10.99.0.0/24', ...change };
  const answer = await owner.call('POST', 'gateways', body);
  expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining(why) } });
});

test.each([
  [{ name: 'gw2' }, 400, 'already'],
  [{ allowedIps: [] }, 400, 'allowedIps'],
  [{ mtu: 1 }, 400, 'mtu'],
  [{ dnsDomains: ['Corp.Example'] }, 400, 'dnsDomains'],
  [{ dnsSearch: ['10.20.0.53'] }, 400, 'dnsSearch'],
  [{ subnet6: 'fd00::/121' }, 400, 'from /64 to /120'],
  [{ alternatePorts: [53, 53] }, 400, '53 is named twice'],
  [{ subnet: '10.99.0.0/24' }, 400, 'subnet'],
])('an edit to %j is refused', async (change, status, why) => {
  const answer = await owner.call('PUT', `gateways/${gateway.id}`, change);
  expect(answer).toMatchObject({ status, body: { detail: expect.stringContaining(why) } });
});

test('a gateway that is not there cannot be edited', async () => {
  const answer = await owner.call('PUT', 'gateways/01a1ffbd-8da2-7710-bc82-16adeaf130c7', { name: 'x' });
  expect(answer).toMatchObject({ status: 404, body: { code: 'gateway-not-found' } });
});

test.each([
  'limit=101',
  'limit=0',
  'before=x',
  'before=-1',
  'before=1&after=1',
  'from=today',
  'colour=red',
  'outcome=x',
])('audit?%s is refused', async (query) => {
  expect((await owner.get(`audit?${query}`)).body.code).toBe('invalid-request');
});

import { DatabaseSync } from 'node:sqlite';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PanelClient } from '../testing/panel-client.ts';
import { recordRoutes } from '../testing/recorded-routes.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../testing/scripted-ends.ts';
import { TestDevice } from '../testing/test-device.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

/** What needs more than its path to look at all that it looks at. */
const queries: Record<string, string[]> = {
  '/panel/v1/audit': ['', '?search=idle', '?actor=cli&action=member.add'],
  '/panel/v1/members': ['', '?search=member&status=connected'],
  '/panel/v1/overview': ['?range=24h', '?range=30d'],
  '/api/v1/system-level-logs': ['', '?action=api-token.use'],
  '/api/v1/gateway-level-logs': ['', '?page=1'],
};
/** Their plain call is refused; what opens them is asked below. */
const channels = ['/client/v1/channel', '/gateway/v1/channel'];
/** They wait until what they give out is in the record: a row of the log, the number of a word. */
const auditExport = '/panel/v1/audit/export';
const guard = '/client/v1/guard';

let server: TestServer;
let reads: string[];
let device: TestDevice;
let owner: PanelClient;
let gateway: ScriptedGateway;
let apiToken: string;
beforeAll(async () => {
  let routes: RouteOptions[];
  ({ built: server, routes } = await recordRoutes(startTestServer));
  reads = routes.filter(({ method }) => [method].flat().includes('GET')).map(({ url }) => url);
  device = await TestDevice.signIn(server, await server.addMember());
  owner = await PanelClient.of(server, 'owner');
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.setPolicy({ totpPriorConnection: false });
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  expect((await device.call('POST', 'connections', body)).status).toBe(201);
  apiToken = await server.addApiToken(['members:read', 'logs:read']);
  await server.ctx.database.later.flush();
});
afterAll(async () => {
  await gateway.disconnect();
  await server.close();
});

/** Another process (an administrator's command) is in the middle of a write; nobody else can begin one. */
async function whileWriting<T>(work: () => Promise<T>): Promise<T> {
  const other = new DatabaseSync(server.ctx.config.databaseFile);
  other.exec('begin immediate');
  try {
    return await work();
  } finally {
    other.exec('rollback');
    other.close();
  }
}

/** Nobody was seen for so long that each read would write down that they are back. */
async function longUnseen(): Promise<void> {
  const { db } = server.ctx.database;
  const hoursAgo = server.clock.now - 2 * 3_600_000;
  await db.updateTable('session').set({ last_used_at: hoursAgo }).where('kind', '=', 'client').execute();
  const minutesAgo = server.clock.now - 2 * 60_000;
  await db.updateTable('session').set({ last_used_at: minutesAgo }).where('kind', '=', 'panel').execute();
}

function headersFor(url: string): Record<string, string> {
  if (url.startsWith('/panel/')) return owner.headers();
  if (url.startsWith('/client/')) return { authorization: `Bearer ${device.session.sessionToken}` };
  return url.startsWith('/api/') ? { authorization: `Bearer ${apiToken}` } : {};
}

const filled = (url: string): string =>
  url.replace(/:\w+/g, (name) => (url.includes('/gateways/') ? gateway.id : idOf(name)));
function idOf(name: string): string {
  if (/member/i.test(name) || name === ':id') return device.member.id;
  throw new Error(`what shall ${name} be?`);
}

const failures = (): string[] => server.logLines.filter((line) => /"level":"(error|fatal)"/.test(line));
const uses = async (): Promise<number> => {
  const { db, later } = server.ctx.database;
  await later.flush();
  return (await db.selectFrom('api_token').select('use_count').executeTakeFirstOrThrow()).use_count;
};

test('while another process writes, every read of every API is answered; what it leaves behind comes later', async () => {
  await longUnseen();
  server.logLines.length = 0;
  const paths = reads
    .filter((url) => ![...channels, auditExport, guard].includes(url))
    .flatMap((url) => (queries[url] ?? ['']).map((query) => filled(url) + query));
  const asked = paths.filter((path) => path.startsWith('/api/')).length;
  expect(asked).toBeGreaterThan(5);
  const exported = await whileWriting(async () => {
    const waiting = server.app.inject({ url: `${auditExport}?format=csv`, headers: owner.headers() });
    const guarding = server.app.inject({ url: guard, headers: headersFor(guard) });
    await Promise.all(
      paths.map(async (path) => {
        const { statusCode, body } = await server.app.inject({ url: path, headers: headersFor(path) });
        expect(`${path} ${statusCode} ${statusCode === 200 ? '' : body}`).toBe(`${path} 200 `);
      }),
    );
    return { waiting, guarding };
  });
  expect((await exported.waiting).body).toContain('audit.export');
  expect((await exported.guarding).statusCode).toBe(200);
  expect(failures()).toEqual([]);
  expect(await uses()).toBe(asked);
  const { db } = server.ctx.database;
  const rows = await db.selectFrom('audit').select('action').execute();
  const count = (action: string) => rows.filter((row) => row.action === action).length;
  expect(count('api-token.use')).toBe(asked);
  const sessions = await db.selectFrom('session').select('last_used_at').execute();
  expect(sessions.map((session) => session.last_used_at)).toEqual([server.clock.now, server.clock.now]);
});

test('while another process writes, a client and a gateway that were here before come back', async () => {
  const { sessionToken, deviceId } = device.session;
  await (await ScriptedClient.connect(server, sessionToken, 0)).close();
  await gateway.disconnect();
  await expect.poll(() => server.parts.registry.isOnline(gateway.id)).toBe(false);
  server.logLines.length = 0;
  await whileWriting(async () => {
    const client = await ScriptedClient.connect(server, sessionToken, 0);
    const sentSeq = () => server.parts.hub.open().find((one) => one.deviceId === deviceId)?.sentSeq;
    await expect.poll(sentSeq).toBeGreaterThanOrEqual(0);
    client.send({ type: 'ack', seq: 0 });
    await gateway.connect(server);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    await client.close();
  });
  expect(failures()).toEqual([]);
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitForServer } from '../../lab/stack/control-server.ts';
import { endSession } from '../../lab/stack/integration-call.ts';
import { createProcessKeeper, type ManagedProcess } from '../../lab/stack/processes.ts';
import { inside } from '../stack/stack-process.ts';
import { connect, expectPeer } from './admin-steps.ts';
import { asPage, PanelLab, within } from './lab.ts';
import { ProxiedServer } from './proxied-server.ts';

let server: ProxiedServer;
let lab: PanelLab;
let running: ManagedProcess;
let restarts = 0;
let token = '';
beforeAll(async () => {
  server = new ProxiedServer('nginx');
  lab = await PanelLab.start(3, [], { server: [server.program] });
  running = lab.stack.server;
});
afterAll(async () => {
  await running?.stop();
  await lab?.stop();
  server?.remove();
});

/** The server, and the proxy in front of it, anew; resolves when both answer. */
async function restart(): Promise<void> {
  await running.stop();
  const keeper = createProcessKeeper(path.join(lab.stack.folder, 'logs'));
  const config = path.join(lab.stack.folder, 'server/server.toml');
  restarts += 1;
  running = keeper.start({
    name: `server-${restarts}`,
    command: [server.program, 'start', '--config', config],
  });
  const ca = readFileSync(lab.file.caFile, 'utf8');
  await waitForServer(lab.url, ca, running, new AbortController().signal);
}
const log = () => readFileSync(running.logFile, 'utf8');

/** What a call from the laptop's network answers with. */
async function fromLaptop(at: string, body?: unknown): Promise<number> {
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const script = `fetch(${JSON.stringify(lab.url + at)}, ${JSON.stringify(body === undefined ? {} : options)})
    .then(({ status }) => console.log(status))`;
  const trust = `NODE_EXTRA_CA_CERTS=${lab.file.caFile}`;
  const { stdout } = await inside(lab.file.laptop.netns, ['env', trust, process.execPath, '-e', script]);
  return Number(stdout);
}

/** Where the audit log has a sign-in from that was refused on the laptop. */
async function laptopSeenAt(email: string): Promise<unknown> {
  expect(await fromLaptop('/panel/v1/sign-in', { email, password: 'not the password' })).toBe(401);
  const refused =
    "select ip from audit where action = 'sign-in.password' and outcome = 'refused' order by seq desc";
  return lab.sql(refused)[0]?.ip;
}
/** Where the laptop's router is in the internet. */
const home = () => lab.stack.plan.routed?.uplinks[0].wan.router;

test('behind nginx the Control Panel changes something, and who asks is known by their own address', async () => {
  const { page, complaints } = await lab.signedIn(lab.admin, '/api-tokens');
  const own = lab.stack.plan.server;
  const body = { name: 'SOC', scopes: ['members:read'], allowedIps: [own], expiresDays: 1 };
  const made = await asPage(page, 'POST', 'api-tokens', body);
  expect(made.status).toBe(201);
  token = String(made.body.token);
  expect(await lab.ask('GET', '/api/v1/members', { authorization: `Bearer ${token}` })).toMatchObject({
    status: 200,
  });
  await page.reload();
  await page.getByRole('row').filter({ hasText: 'SOC' }).getByText(`from ${own}`).first().waitFor();
  expect(lab.sql("select distinct ip from audit where actor like 'member:%'")).toEqual([{ ip: own }]);
  expect(await laptopSeenAt('nobody@example.com')).toBe(home());
  expect(await fromLaptop('/metrics')).toBe(200);
  expect(complaints).toEqual([]);
});

test('channels of clients and gateways go through it, and a disconnect reaches both', async () => {
  await expectKick();
});

test('a proxy that the server was not told of is named in its log, and decides nothing', async () => {
  server.trust('');
  await restart();
  expect(await laptopSeenAt('nobody@example.com')).toBe('127.0.0.1');
  expect(await lab.ask('GET', '/api/v1/members', { authorization: `Bearer ${token}` })).toMatchObject({
    status: 401,
  });
  expect(await fromLaptop('/metrics')).toBe(404);
  expect(log()).toContain('trustedProxies = [\\"127.0.0.1\\"]');
});

test('HAProxy in its place does the same', async () => {
  server.use('haproxy');
  server.trust('127.0.0.1,::1');
  await restart();
  expect(await laptopSeenAt('somebody@example.com')).toBe(home());
  await expect.poll(() => log().includes('gateway in sync'), within).toBe(true);
  await expectKick();
});

/** A client connects, is thrown out by a call, and hears of it; the gateway takes the peer in and out. */
async function expectKick(): Promise<void> {
  const member = lab.newMember();
  const client = await connect(lab, member);
  const channel = await client.openChannel();
  await expectPeer(lab, client, true);
  const order = { memberId: member.id, reason: 'Sign-in from a new country', incidentId: 'INC-7' };
  expect((await endSession(lab.file, order)).answer).toMatchObject({ enforced: true, notified: 1 });
  await expect.poll(() => channel.frames.map(({ type }) => type), within).toContain('disconnect');
  await expectPeer(lab, client, false);
  client.close();
}

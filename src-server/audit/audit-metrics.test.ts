import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptedGateway } from '../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

/** The value of a series, as a scrape has it. */
async function value(series: string): Promise<number | null> {
  const { body } = await server.request('GET', '/metrics');
  const line = String(body)
    .split('\n')
    .find((text) => text.startsWith(`${series} `));
  return line === undefined ? null : Number(line.split(' ').at(-1));
}

test('sign-ins and proofs are counted by outcome', async () => {
  expect(await value('postern_sign_ins_total{step="password",outcome="refused"}')).toBe(0);
  const member = await server.addMember();
  await server.signIn(member);
  const body = { ...server.signInBody(member), password: 'wrong' };
  for (let times = 0; times < 2; times++) await server.request('POST', '/client/v1/sign-in', { body });
  expect(await value('postern_sign_ins_total{step="password",outcome="ok"}')).toBe(1);
  expect(await value('postern_sign_ins_total{step="password",outcome="refused"}')).toBe(2);
  expect(await value('postern_step_ups_total{method="totp",outcome="ok"}')).toBe(1);
  expect(await value('postern_sign_ins_total{step="password",outcome="refused"}')).toBe(2);
});

test('which version runs, how the chain is, and which gateways are up are figures too', async () => {
  const { body } = await server.request('GET', '/metrics');
  expect(body).toMatch(/^postern_build_info\{version="\d+\.\d+\.\d+",node="\d+/m);
  expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  expect(await value('postern_audit_chain{state="never"}')).toBe(1);
  const gateway = await ScriptedGateway.create(server);
  const up = `postern_gateway_up{gateway="gw1",id="${gateway.id}"}`;
  expect(await value(up)).toBe(0);
  await gateway.connect(server);
  expect(await value(up)).toBe(1);
  await gateway.disconnect();
});

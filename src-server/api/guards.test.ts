import Fastify, { type HTTPMethods, type InjectOptions, type RouteOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { problemSchema } from '../../src-shared/problem.ts';
import { PanelClient } from '../testing/panel-client.ts';
import { recordRoutes } from '../testing/recorded-routes.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { guardIntegration } from './integration/integration-guard.ts';

/** All that a stranger may ask. A new route is guarded, or there is a reason to write it down here. */
const open = [
  'GET /.well-known/postern',
  'GET /healthz',
  'GET /metrics',
  'GET /openapi.json',
  'HEAD /.well-known/postern',
  'HEAD /healthz',
  'HEAD /metrics',
  'HEAD /openapi.json',
  'POST /client/v1/mfa/confirm',
  'POST /client/v1/mfa/setup',
  'POST /client/v1/sign-in',
  'POST /client/v1/sign-in/mfa',
  'POST /client/v1/sign-in/password',
  'POST /panel/v1/mfa-reset/begin',
  'POST /panel/v1/mfa-reset/confirm',
  'POST /panel/v1/mfa/confirm',
  'POST /panel/v1/mfa/setup',
  'POST /panel/v1/sign-in',
  'POST /panel/v1/sign-in/mfa',
  'POST /panel/v1/sign-in/password',
];

interface Call {
  method: HTTPMethods;
  url: string;
}
const nameOf = ({ method, url }: Call): string => `${method} ${url}`;

let server: TestServer;
let routes: RouteOptions[];
let calls: Call[];
beforeAll(async () => {
  ({ built: server, routes } = await recordRoutes(startTestServer));
  calls = routes.flatMap(({ method, url }) => [method].flat().map((one) => ({ method: one, url })));
});
afterAll(() => server.close());

/** Ids and query that no schema takes: who is told so has been looked at. */
const ask = ({ method, url }: Call, options: Pick<InjectOptions, 'headers' | 'payload'> = {}) =>
  server.app.inject({ method, url: `${url.replace(/:\w+/g, 'no-id')}?colour=red`, ...options });

test('a route is guarded, or it is in the list of what strangers may ask', async () => {
  const passed: string[] = [];
  for (const call of calls) if ((await ask(call)).statusCode !== 401) passed.push(nameOf(call));
  expect(passed.sort()).toEqual(open);
});

const json = { 'content-type': 'application/json' };
test.each<[string, Pick<InjectOptions, 'headers' | 'payload'>]>([
  ['JSON that is none', { headers: json, payload: '{"a":' }],
  ['JSON of a wrong shape', { headers: json, payload: '{"colour":"red"}' }],
  ['an odd content type', { headers: { 'content-type': 'application/x-odd' }, payload: 'odd' }],
  ['a content type that is none', { headers: { 'content-type': '///' }, payload: 'odd' }],
  ['more than the server takes', { headers: json, payload: `"${'x'.repeat(65 * 1024)}"` }],
])('a stranger who sends %s hears 401 from every guarded route', async (_what, options) => {
  const guarded = calls.filter((call) => !open.includes(nameOf(call)));
  expect(guarded.length).toBeGreaterThan(60);
  for (const call of guarded) {
    const answer = await ask(call, options);
    expect(`${nameOf(call)} ${answer.statusCode}`).toBe(`${nameOf(call)} 401`);
    if (call.method !== 'HEAD') expect(answer.json().code).toMatch(/^(session|token)-invalid$/);
  }
});

test('who may not ask hears that before the body is looked at', async () => {
  const member = await PanelClient.of(server, 'member');
  expect((await member.call('PUT', 'policy', '{"policy":')).body.code).toBe('insufficient-role');
  expect((await member.call('PUT', 'policy', '{"policy":', { csrf: false })).body.code).toBe(
    'csrf-token-invalid',
  );
  const token = await server.addApiToken(['members:read']);
  const answer = await server.request('POST', '/api/v1/member', { token, body: '{"name":' });
  expect(answer.body.code).toBe('insufficient-scope');
});

test('every route declares what it answers, and that problems are answered as problems', () => {
  const silent = routes.filter(({ wsHandler, schema }) => {
    const response = z.record(z.string(), z.unknown()).safeParse(schema?.response).data ?? {};
    const isDeclared = Object.keys(response).some((status) => /^20\d$/.test(status));
    return wsHandler === undefined && !(isDeclared && response.default === problemSchema);
  });
  expect(silent.map(({ method, url }) => `${method} ${url}`)).toEqual([]);
});

test('guessing at tokens is braked', async () => {
  const slow = await startTestServer({ config: { strangerRequestsPerMinute: 5 } });
  const statuses: number[] = [];
  for (const path of ['/client/v1/me', '/api/v1/members', '/gateway/v1/channel', '/panel/v1/policy'])
    for (const token of ['a', 'b']) statuses.push((await slow.request('GET', path, { token })).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  await slow.close();
});

test('a route of the integration API that names no scope is not registered', async () => {
  const app = Fastify();
  guardIntegration(app, server.ctx);
  app.get('/free', { config: { scope: null } }, () => 'free');
  expect(() => app.get('/forgotten', () => 'everything')).toThrow('/forgotten names no scope');
  await app.close();
});

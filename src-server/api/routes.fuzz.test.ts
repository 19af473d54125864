import fc from 'fast-check';
import type { HTTPMethods, RouteOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { problemSchema } from '../../src-shared/problem.ts';
import { fitting, fuzz, hostileJson, hostileText, hostileValue } from '../../src-shared/testing/fuzz.ts';
import { PanelClient } from '../testing/panel-client.ts';
import { recordRoutes } from '../testing/recorded-routes.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

interface Call {
  method: HTTPMethods;
  url: string;
  schema: { body?: unknown; querystring?: unknown };
}

let server: TestServer;
let calls: Call[];
let known: string[];
/** Headers of somebody who may ask, by the beginning of the path. */
let callers: Record<string, () => Promise<Record<string, string>>>;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);

beforeAll(async () => {
  let routes: RouteOptions[];
  ({ built: server, routes } = await recordRoutes(startTestServer));
  calls = routes.flatMap(({ method, url, schema }) =>
    [method].flat().map((one) => ({ method: one, url, schema: { ...schema } })),
  );
  process.on('unhandledRejection', onRejection);
  const member = await server.addMember();
  const owner = await PanelClient.of(server, 'owner');
  const token = await server.addApiToken([
    'members:read',
    'members:write',
    'members:disconnect',
    'logs:read',
  ]);
  known = [
    member.id,
    owner.member.id,
    member.email,
    member.backupCodes[0] ?? '',
    '123456',
    '10.86.0.0/22',
    'main',
  ];
  let session = await server.signIn(member);
  let panel = owner;
  callers = {
    '/client/': async () => {
      // It may have ended itself.
      const me = await server.request('GET', '/client/v1/me', { token: session.sessionToken });
      if (me.status === 401) {
        const again = await server.addMember();
        session = await server.signIn(again);
      }
      return { authorization: `Bearer ${session.sessionToken}` };
    },
    '/panel/': async () => {
      if ((await panel.get('session')).status !== 200) panel = await PanelClient.of(server, 'owner');
      return panel.headers();
    },
    '/api/': async () => ({ authorization: `Bearer ${token}` }),
  };
});
afterAll(async () => {
  process.off('unhandledRejection', onRejection);
  await server.close();
});

const isSchema = (schema: unknown): schema is z.ZodType => schema instanceof z.ZodType;
function valuesOf(schema: unknown): fc.Arbitrary<unknown> {
  if (!isSchema(schema)) return hostileValue;
  const fits = fitting(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), known);
  return fc.oneof({ weight: 5, arbitrary: fits }, hostileValue);
}
const piece = () => fc.oneof(fc.constantFrom(...known), fc.uuid(), hostileText).map(encoded);
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());

/** A call of any route, with what it takes, nearly takes, or nobody expects. */
const anyCall = () =>
  fc.constantFrom(...calls).chain((call) =>
    fc.record({
      call: fc.constant(call),
      parts: fc.array(fc.oneof(piece(), fc.constantFrom('%', '%ff', '%2e%2e', '')), {
        minLength: 4,
        maxLength: 4,
      }),
      query: fc.oneof(
        valuesOf(call.schema.querystring).map(queryOf),
        fc.constantFrom('', '?', '?a=%', '?a[]=1', '?__proto__=1', '?page=1&page=2', '?limit='),
      ),
      body: hostileJson(valuesOf(call.schema.body)),
      type: fc.oneof(
        { weight: 8, arbitrary: fc.constant('application/json') },
        fc.constantFrom(
          'application/json; charset=utf-16',
          'text/plain',
          'application/x-www-form-urlencoded',
          '///',
        ),
      ),
      isKnown: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
    }),
  );

function queryOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `?${encoded(String(value))}`;
  const pairs = Object.entries(value).map(([key, one]) => `${encoded(key)}=${encoded(textOf(one))}`);
  return `?${pairs.join('&')}`;
}
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** They say what is not there, in words; any other of 500 and above is a fault. */
const unavailable = ['mail-unavailable', 'gateway-unavailable', 'server-busy'];

const { name, run, timeoutMs } = fuzz(
  'every call of every route is answered, and never with a fault of the server',
  fc.constant(0).chain(() => anyCall()),
  async ({ call, parts, query, body, type, isKnown }) => {
    const who = Object.entries(callers).find(([beginning]) => call.url.startsWith(beginning));
    const url = parts.reduce((path, part) => path.replace(/:\w+/, () => part), call.url);
    const hasBody = !['GET', 'HEAD'].includes(call.method);
    const answer = await server.app.inject({
      method: call.method,
      url: url + query,
      headers: { ...(isKnown && who ? await who[1]() : {}), ...(hasBody ? { 'content-type': type } : {}) },
      ...(hasBody ? { payload: body } : {}),
    });
    const told = `${call.method} ${url}${query} ${answer.statusCode} ${answer.body.slice(0, 300)}`;
    if (answer.statusCode >= 400 && call.method !== 'HEAD') {
      const { code } = problemSchema.parse(JSON.parse(answer.body), { error: () => told });
      if (answer.statusCode >= 500) expect(unavailable, told).toContain(code);
    }
    expect(rejections, told).toEqual([]);
  },
  { tries: 200 },
);
test(name, run, timeoutMs);

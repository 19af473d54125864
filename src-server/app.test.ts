import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyAudit } from './audit/audit-log.ts';
import { ScriptedGateway } from './testing/scripted-ends.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

test('the server tells its health, its name and key, and its numbers', async () => {
  expect(await server.request('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  const info = await server.request('GET', '/.well-known/postern');
  expect(info.body).toMatchObject({ name: 'Test team', issuer: 'https://vpn.test.example' });
  expect(info.body.serverKey).toMatch(/^https:\/\/vpn\.test\.example#ed25519=/);
  const metrics = await server.request('GET', '/metrics');
  expect(metrics.body).toMatch(
    /postern_http_request_seconds_count\{method="GET",route="\/healthz",status="200"\} 1/,
  );
});

test('/openapi.json describes every route of the three interfaces, and problems', async () => {
  const { status, body } = await server.request('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining([
      '/client/v1/sign-in',
      '/client/v1/sign-in/mfa',
      '/client/v1/sign-out',
      '/client/v1/mfa/setup',
      '/client/v1/mfa/confirm',
      '/client/v1/me',
      '/client/v1/device/pin',
      '/client/v1/device/biometric',
      '/client/v1/device/unlock-check',
      '/client/v1/devices',
      '/client/v1/devices/{id}',
      '/client/v1/connections',
      '/api/v1/test-connection',
      '/api/v1/members',
      '/api/v1/member/{teamMemberId}',
      '/api/v1/member/{teamMemberId}/disconnect',
      '/api/v1/gateway-level-logs',
      '/api/v1/system-level-logs',
    ]),
  );
  const signIn = body.paths['/client/v1/sign-in'].post;
  expect(signIn.requestBody.content['application/json'].schema.required).toEqual(
    expect.arrayContaining(['email', 'password', 'device']),
  );
  expect(signIn.responses).toHaveProperty('default');
  for (const path of ['connections', 'device/unlock-check'])
    expect(body.paths[`/client/v1/${path}`].post.description).toContain('postern-unlock+jwt');
});

test.each([
  ['GET', '/nowhere', undefined, 404, 'not-found'],
  ['GET', '/api/v1/member/%ff', undefined, 400, 'invalid-request'],
  ['GET', '/client/v1/sign-in', undefined, 405, 'method-not-allowed'],
  ['POST', '/client/v1/sign-in', '{"email":', 400, 'invalid-request'],
  ['POST', '/client/v1/sign-in', undefined, 400, 'invalid-request'],
  ['POST', '/client/v1/sign-in', `"${'x'.repeat(65 * 1024)}"`, 413, 'payload-too-large'],
])('%s %s answers as a problem', async (method, path, body, status, code) => {
  const answer = await server.request(method, path, {
    body,
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ type: `urn:postern:problem:${code}`, code, status });
});

test('a wrong shape names the first offending field', async () => {
  const member = await server.addMember();
  const body = server.signInBody(member);
  const answer = await server.request('POST', '/client/v1/sign-in', { body: { ...body, email: 7 } });
  expect(answer.body.detail).toMatch(/^email: /);
});

test('a full disk answers storage-unavailable, and is over when there is room again', async () => {
  const member = await server.addMember();
  const { db } = server.ctx.database;
  const signIn = () => server.request('POST', '/client/v1/sign-in', { body: server.signInBody(member) });
  await sql`pragma max_page_count = 1`.execute(db);
  let answer = await signIn();
  for (let round = 0; round < 300 && answer.status === 401; round++) answer = await signIn();
  expect(answer).toMatchObject({ status: 503, body: { code: 'storage-unavailable' } });
  await sql`pragma max_page_count = 1000000`.execute(db);
  await expect(server.signIn(member)).resolves.toMatchObject({ memberId: member.id });
  expect((await verifyAudit(db)).brokenAt).toBeNull();
});

test('an exception answers internal-error without saying what it was, and is logged with the request id', async () => {
  await sql`alter table session rename to session_gone`.execute(server.ctx.database.db);
  const answer = await server.request('GET', '/client/v1/me', { token: 'x' });
  expect(answer).toMatchObject({ status: 500, body: { code: 'internal-error' } });
  expect(JSON.stringify(answer.body)).not.toContain('session');
  const logged = server.logLines.map((line) => JSON.parse(line)).find((line) => line.level === 'error');
  expect(logged).toMatchObject({
    reqId: expect.any(String),
    err: { message: expect.stringContaining('session') },
  });
});

test('a flood from one address is braked with Retry-After', async () => {
  await server.close();
  server = await startTestServer({ config: { strangerRequestsPerMinute: 60 } });
  const answers = await Promise.all(Array.from({ length: 70 }, () => server.request('GET', '/healthz')));
  const braked = answers.filter((answer) => answer.status === 429);
  expect(braked).toHaveLength(10);
  expect(braked[0]?.body).toMatchObject({ code: 'too-many-attempts', retryAfterMs: expect.any(Number) });
  expect(Number(braked[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('strangers use up nothing that a token, a gateway or a member behind the same address needs', async () => {
  await server.close();
  server = await startTestServer({ config: { requestsPerMinute: 8, strangerRequestsPerMinute: 60 } });
  const gateway = await ScriptedGateway.create(server);
  const member = await server.addMember();
  const { sessionToken } = await server.signIn(member);
  const siem = await server.addApiToken(['members:disconnect', 'logs:read']);
  const many = (count: number, path: string, token?: string) =>
    Promise.all(
      Array.from({ length: count }, () => server.request('GET', path, token === undefined ? {} : { token })),
    );
  const braked = (answers: { status: number }[]) => answers.filter(({ status }) => status === 429).length;

  expect(braked(await many(80, '/healthz'))).toBeGreaterThanOrEqual(20);
  expect(braked(await many(8, '/client/v1/me', sessionToken))).toBe(0);
  await gateway.connect(server);
  expect(server.parts.registry.isOnline(gateway.id)).toBe(true);
  // What reads logs without end does not keep its own token from ending access.
  expect(braked(await many(10, '/api/v1/system-level-logs', siem))).toBe(2);
  const kick = await server.request('POST', `/api/v1/member/${member.id}/disconnect`, { token: siem });
  expect(kick.status).toBe(200);
  // Nor is anybody known for long: each has a measure as well.
  expect(braked(await many(1, '/client/v1/me', sessionToken))).toBe(1);
  await gateway.disconnect();
});

test('refused tokens are not written down without end', async () => {
  await server.close();
  server = await startTestServer({ config: { strangerRequestsPerMinute: 5 } });
  const token = await server.addApiToken([], { expiresDays: 0 });
  const statuses: number[] = [];
  for (let call = 0; call < 8; call++)
    statuses.push((await server.request('GET', '/api/v1/test-connection', { token })).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  const { db } = server.ctx.database;
  expect(
    await db.selectFrom('audit').selectAll().where('action', '=', 'api-token.use').execute(),
  ).toHaveLength(1);
  expect(await db.selectFrom('refusal').select(['written', 'count']).execute()).toEqual([
    { written: 1, count: 4 },
  ]);
});

test('metrics are for the networks that may read them', async () => {
  await server.close();
  server = await startTestServer({ config: { metricsAllowFrom: ['192.0.2.0/24'] } });
  expect((await server.request('GET', '/metrics')).status).toBe(404);
});

test('the log says who asked, by name and id, and from which address', async () => {
  const member = await server.addMember();
  const { sessionToken, deviceId } = await server.signIn(member);
  const token = await server.addApiToken(['members:read']);
  server.logLines.length = 0;
  await server.request('GET', '/client/v1/me', { token: sessionToken });
  await server.request('GET', '/api/v1/members', { token });
  await server.request('GET', '/client/v1/me', { token: 'x' });
  const lines = server.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'answered');
  const line = { level: 'info', ip: '127.0.0.1' };
  expect(lines).toMatchObject([
    { ...line, memberId: member.id, memberName: 'Member 1', deviceId, status: 200 },
    { ...line, apiTokenId: expect.any(String), apiTokenName: 'test', status: 200 },
    { ...line, status: 401 },
  ]);
  expect(lines[2]).not.toHaveProperty('memberId');
});

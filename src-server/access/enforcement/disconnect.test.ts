import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SignInAnswer } from '../../../src-shared/client-api.ts';
import { verifyAudit } from '../../audit/audit-log.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';
import { removeGateway } from './gateway-removal.ts';
import { recordEnd } from './record-end.ts';

describe('disconnect', () => {
  let server: TestServer;
  let gateway: ScriptedGateway;
  let member: TestMember;
  let session: SignInAnswer;
  let apiToken: string;
  beforeEach(async () => {
    server = await startTestServer();
    gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    member = await server.addMember();
    session = await server.signIn(member);
    apiToken = await server.addApiToken(['members:disconnect']);
  });
  afterEach(async () => {
    await gateway.disconnect();
    await server.close();
  });
  /** With the code of the sign-in, which counts once. */
  const connect = async (token = session.sessionToken) => {
    const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
    return server.request('POST', '/client/v1/connections', { token, body });
  };
  const kick = (body?: object, id = member.id) =>
    server.request('POST', `/api/v1/member/${id}/disconnect`, { token: apiToken, ...(body ? { body } : {}) });

  it('has the peer gone, the client told and the next challenge delivered when the caller hears 200', async () => {
    const client = await ScriptedClient.connect(server, session.sessionToken);
    const { body: lease } = await connect();
    const answer = await kick({ reason: 'Sign-in from a new country', incident_id: 'INC-7' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      message: 'The member has been disconnected.',
      ended_connections: 1,
      enforced: true,
      notified: 1,
      offline: 0,
    });
    expect(gateway.peers.size).toBe(0);
    const frame = await client.of('disconnect');
    expect(frame).toMatchObject({
      seq: 1,
      epoch: 1,
      leaseId: lease.leaseId,
      reason: { code: 'administrator', message: 'Sign-in from a new country', incidentId: 'INC-7' },
      challenge: { requires: ['totp'] },
    });
    server.nextStep();
    const proofs = [{ method: 'totp', code: server.codeOf(member) }];
    const again = await server.request('POST', '/client/v1/connections', {
      token: session.sessionToken,
      body: { gatewayId: gateway.id, wgPublicKey: newWgKey(), challengeId: frame.challenge?.id, proofs },
    });
    expect(again.status).toBe(201);
    expect(again.body.epoch).toBe(1);
    await client.close();
  });

  it('gives the reason with every later challenge until somebody got in', async () => {
    await connect();
    await kick({ reason: 'Stolen laptop' });
    expect((await connect()).body.challenge.reason).toMatchObject({ message: 'Stolen laptop' });
    const me = await server.request('GET', '/client/v1/me', { token: session.sessionToken });
    expect(me.body.stepUp).toMatchObject({ required: true, reason: { message: 'Stolen laptop' } });
  });

  it('is idempotent, and gates the next connect of a member who is not connected', async () => {
    const before = await kick();
    expect(before.body).toMatchObject({ ended_connections: 0, enforced: true, notified: 0, offline: 0 });
    expect((await connect()).body.code).toBe('step-up-required');
    expect((await kick()).status).toBe(200);
  });

  it('answers 202 when the gateway does not confirm, and enforces as soon as it is back', async () => {
    await connect();
    gateway.isConfirming = false;
    const answer = await kick();
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ ended_connections: 1, enforced: false });
    await gateway.disconnect();
    gateway.isConfirming = true;
    gateway.peers.set('left-over', {
      publicKey: '',
      presharedKey: '',
      allowedIps: [],
      leaseId: '',
      expiresAt: '',
    });
    await gateway.connect(server);
    await expect.poll(() => gateway.peers.size).toBe(0);
    await expect.poll(() => server.parts.pending.unenforced()).toEqual([]);
    expect((await kick()).status).toBe(200);
  });

  it('repeats an order that the gateway failed to carry out', async () => {
    await connect();
    gateway.isConfirming = false;
    await kick();
    gateway.isConfirming = true;
    const sweep = () => server.parts.sweeper.sweep();
    await expect.poll(() => sweep().then(() => gateway.peers.size)).toBe(0);
    await expect.poll(() => server.parts.pending.unenforced()).toEqual([]);
  });

  it('keeps what the client missed, and replays it on resume until it is acked', async () => {
    await connect();
    const answer = await kick({ reason: 'While you slept' });
    expect(answer.body).toMatchObject({ notified: 0, offline: 1 });
    const woken = await ScriptedClient.connect(server, session.sessionToken);
    expect(await woken.of('disconnect')).toMatchObject({ seq: 1, reason: { message: 'While you slept' } });
    await woken.close();
    const again = await ScriptedClient.connect(server, session.sessionToken);
    expect((await again.of('disconnect')).seq).toBe(1);
    again.send({ type: 'ack', seq: 1 });
    const events = () => server.ctx.database.db.selectFrom('event').selectAll().execute();
    await expect.poll(events).toEqual([]);
    const lease = await server.ctx.database.db.selectFrom('lease').select('notified_at').executeTakeFirst();
    expect(lease).toEqual({ notified_at: server.clock.now });
    await again.close();
  });

  it('lets no connection through that was on its way when the order came', async () => {
    gateway.isConfirming = false;
    const onItsWay = connect();
    await expect.poll(() => gateway.orders.at(-1)).toBe('add');
    const kicked = kick({ reason: 'Too late' });
    await expect.poll(() => gateway.orders.at(-1)).toBe('remove');
    const answer = await onItsWay;
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({
      code: 'step-up-required',
      challenge: { reason: { message: 'Too late' } },
    });
    await kicked;
  }, 15_000);

  it('takes the peer away at once and lets nobody in when the database is full, and writes it down later', async () => {
    const { db } = server.ctx.database;
    await connect();
    await db.executeQuery({
      ...db.selectFrom('member').selectAll().compile(),
      sql: 'pragma max_page_count = 1',
      parameters: [],
    });
    const filler = 'x'.repeat(200_000);
    const fill = db
      .insertInto('event')
      .values({ device_id: session.deviceId, seq: 99, frame_json: filler, created_at: 0 })
      .execute();
    await expect(fill).rejects.toThrow(/full/);
    // Small rows may still fit into pages that are there: the kick must end access either way.
    const answer = await kick({ reason: 'y'.repeat(200) });
    expect([200, 503]).toContain(answer.status);
    expect(gateway.peers.size).toBe(0);
    await db.executeQuery({
      ...db.selectFrom('member').selectAll().compile(),
      sql: 'pragma max_page_count = 100000',
      parameters: [],
    });
    await server.parts.sweeper.sweep();
    expect(await db.selectFrom('lease').select('id').where('ended_at', 'is', null).execute()).toEqual([]);
    expect((await connect()).body.code).toBe('step-up-required');
  });

  it('is written down before the server ends, or named there as what is owed', async () => {
    await connect();
    let isFailing = true;
    let tries = 0;
    const ended = server.parts.ender.endAccess({
      scope: { memberId: member.id },
      reason: { code: 'administrator', message: 'Now', at: new Date(server.clock.now).toISOString() },
      actor: 'server',
      ip: null,
      also: async () => {
        tries += 1;
        if (isFailing) throw new Error('no room');
      },
    });
    await expect(ended).rejects.toThrow('no room');
    await server.parts.ender.stop(0);
    const named = server.logLines.filter((line) => line.includes('not in the record'));
    expect(named).toMatchObject([expect.stringContaining(member.id)]);
    const stopped = server.parts.stop();
    await vi.waitFor(() => expect(tries).toBeGreaterThan(2));
    isFailing = false;
    await stopped;
    const { db } = server.ctx.database;
    expect(await db.selectFrom('lease').select('id').where('ended_at', 'is', null).execute()).toEqual([]);
  });

  it('tells the client although the record fails, and sets the channel right once it is written', async () => {
    const client = await ScriptedClient.connect(server, session.sessionToken);
    await connect();
    let tries = 0;
    const ended = server.parts.ender.endAccess({
      scope: { memberId: member.id },
      reason: { code: 'administrator', message: 'Now', at: new Date(server.clock.now).toISOString() },
      actor: 'server',
      ip: null,
      also: async () => {
        if (tries++ === 0) throw new Error('no room');
      },
    });
    await expect(ended).rejects.toThrow('no room');
    const told = await client.of('disconnect');
    expect(told).toMatchObject({ seq: 1, reason: { message: 'Now' } });
    expect(await client.closed).toBe(1012);
    expect(gateway.peers.size).toBe(0);
    await server.parts.sweeper.sweep();
    const again = await ScriptedClient.connect(server, session.sessionToken);
    expect(await again.of('hello')).toMatchObject({ seq: 1, epoch: 1 });
    const { challenge } = await again.of('disconnect');
    // The prompt that is on screen stays good.
    expect(challenge).toEqual(told.challenge);
    server.nextStep();
    const proofs = [{ method: 'totp', code: server.codeOf(member) }];
    const body = { gatewayId: gateway.id, wgPublicKey: newWgKey(), challengeId: challenge?.id, proofs };
    const token = session.sessionToken;
    expect((await server.request('POST', '/client/v1/connections', { token, body })).status).toBe(201);
    await again.close();
  });

  it('writes the end of one lease down later too, so that no sync brings its peer back', async () => {
    const { db } = server.ctx.database;
    const sql = (text: string) =>
      db.executeQuery({ ...db.selectFrom('member').selectAll().compile(), sql: text, parameters: [] });
    const live = () => db.selectFrom('lease').select('id').where('ended_at', 'is', null).execute();
    const { body: lease } = await connect();
    await sql(`create trigger no_room before update of ended_at on lease
      begin select raise(abort, 'no room'); end`);
    const path = `/client/v1/connections/${lease.leaseId}`;
    const answer = await server.request('DELETE', path, { token: session.sessionToken });
    expect(answer.status).toBe(500);
    expect(gateway.peers.size).toBe(0);
    expect(await live()).toHaveLength(1);
    await sql('drop trigger no_room');
    await server.parts.sweeper.sweep();
    expect(await live()).toEqual([]);
  });

  it.each<[string, string, Record<string, string>]>([
    ['nothing', '', {}],
    ['JSON that is none', '{"reason":', {}],
    ['another shape', '{"reason":7,"incident_id":{},"unknown":true}', {}],
    ['a list', '[1]', {}],
    ['a key that poisons', '{"__proto__":{"reason":"x"}}', {}],
    ['text', 'now!', { 'content-type': 'text/plain' }],
    ['a form', 'reason=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a content type that is none', '{}', { 'content-type': '///' }],
    ['more than the server takes', `"${'x'.repeat(1024 * 1024)}"`, {}],
  ])('is not refused for its body: %s', async (_what, body, headers) => {
    await connect();
    const answer = await server.request('POST', `/api/v1/member/${member.id}/disconnect`, {
      token: apiToken,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    expect(answer).toMatchObject({ status: 200, body: { ended_connections: 1, enforced: true } });
    expect(gateway.peers.size).toBe(0);
  });

  const sendRaw = async (headers: Record<string, string | number>, chunks: (string | Buffer)[] = []) => {
    const call = request(`${server.url}/api/v1/member/${member.id}/disconnect`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiToken}`, ...headers },
    });
    for (const chunk of chunks) call.write(chunk);
    call.end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  const noted = async () => {
    const { db } = server.ctx.database;
    const rows = await db.selectFrom('audit').selectAll().where('action', '=', 'member.disconnect').execute();
    return rows.map((row) => {
      const { reason, incidentId, unread } = JSON.parse(row.details_json);
      return { reason, incidentId, unread };
    });
  };

  it.each<[string, Record<string, string | number>, (string | Buffer)[], object]>([
    [
      "`curl -d ''`",
      { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 0 },
      [],
      { reason: null, incidentId: null },
    ],
    ['nothing at all', { 'content-length': 0 }, [], { reason: null, incidentId: null }],
    [
      'chunks without a content type',
      { 'transfer-encoding': 'chunked' },
      ['{"reason":', '"INC"}'],
      { reason: 'INC', incidentId: null },
    ],
    [
      'no chunk without a content type',
      { 'transfer-encoding': 'chunked' },
      [],
      { reason: null, incidentId: null },
    ],
    [
      'a byte order mark before the JSON',
      { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      [Buffer.from('\ufeff{"reason":"INC"}')],
      { reason: 'INC', incidentId: null },
    ],
    [
      'keys that nobody knows',
      { 'transfer-encoding': 'chunked' },
      ['{"reason":"INC","pst_secret":"pst_secret","incident_id":7}'],
      { reason: 'INC', incidentId: null, unread: ['incident_id: no text', 'other keys'] },
    ],
    [
      'a reason of 201 characters',
      { 'transfer-encoding': 'chunked' },
      [JSON.stringify({ reason: 'x'.repeat(201) })],
      { reason: 'x'.repeat(200), incidentId: null, unread: ['reason: cut at 200 characters'] },
    ],
    [
      'JSON that is none',
      { 'transfer-encoding': 'chunked' },
      ['reason=pst_secret'],
      { reason: null, incidentId: null, unread: ['body: not JSON'] },
    ],
    [
      'JSON that is no object',
      { 'transfer-encoding': 'chunked' },
      ['["pst_secret"]'],
      { reason: null, incidentId: null, unread: ['body: no object'] },
    ],
    [
      'too much',
      { 'transfer-encoding': 'chunked' },
      ['x'.repeat(65 * 1024)],
      { reason: null, incidentId: null, unread: ['body: over 64 KiB'] },
    ],
  ])(
    'is carried out however it is dressed, and notes what it could not read: %s',
    async (_what, headers, chunks, details) => {
      await connect();
      expect(await sendRaw(headers, chunks)).toBe(200);
      expect(gateway.peers.size).toBe(0);
      expect(await noted()).toEqual([details]);
    },
  );

  it('does not wait for a body that never comes', async () => {
    await connect();
    const call = request(`${server.url}/api/v1/member/${member.id}/disconnect`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiToken}`,
        'content-type': 'application/json',
        'content-length': 100,
      },
    });
    call.on('error', () => undefined);
    call.write('{"rea');
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    expect(gateway.peers.size).toBe(0);
    expect(await noted()).toMatchObject([{ unread: ['body: not whole'] }]);
    call.destroy();
  });

  it('cuts what is too long and leaves out what is no text', async () => {
    const client = await ScriptedClient.connect(server, session.sessionToken);
    await connect();
    await kick({ reason: `  ${'🛑'.repeat(201)}`, incident_id: 7, more: true });
    const { reason } = await client.of('disconnect');
    expect(reason).toEqual({ code: 'administrator', message: '🛑'.repeat(200), at: expect.any(String) });
  });

  it('answers 404, 401 and 403 as the contract says', async () => {
    expect((await kick({}, 'nobody')).body.code).toBe('member-not-found');
    await server.ctx.database.later.flush();
    const uses = server.ctx.database.db.selectFrom('api_token').select('use_count');
    expect(await uses.execute()).toEqual([{ use_count: 1 }]);
    apiToken = 'wrong';
    expect((await kick()).status).toBe(401);
    expect((await kick({ reason: 'x'.repeat(201) })).status).toBe(401);
    apiToken = await server.addApiToken(['members:read']);
    expect((await kick({ unknown: true })).body.code).toBe('insufficient-scope');
    expect((await kick()).body.code).toBe('insufficient-scope');
  });

  it('warns when no gate policy is on', async () => {
    await server.setPolicy({ totpPriorConnection: false });
    await connect();
    expect((await kick()).body.warning).toMatch(/reconnect by itself/);
    expect((await kick()).body).toMatchObject({
      ended_connections: 0,
      message: 'The member had no connection.',
    });
    expect((await connect()).status).toBe(201);
  });

  it('ends live connections when the policy is tightened, and tells the clients', async () => {
    await server.setPolicy({ totpPriorConnection: false });
    await connect();
    const client = await ScriptedClient.connect(server, session.sessionToken, 1);
    await server.setPolicy({ totpPriorConnection: true });
    await server.parts.sweeper.reconcile();
    await server.parts.sweeper.sweep();
    expect((await client.of('policy')).policy.totpPriorConnection).toBe(true);
    expect((await client.of('disconnect')).reason.code).toBe('policy-changed');
    await expect.poll(() => gateway.peers.size).toBe(0);
    await client.close();
  });

  it('leaves the newer connection of a device alone when the end of the older one comes late', async () => {
    await server.setPolicy({ totpPriorConnection: false });
    const { body: older } = await connect();
    const { body: newer } = await connect();
    const { db } = server.ctx.database;
    const reason = {
      code: 'idle' as const,
      message: 'Too late',
      at: new Date(server.clock.now).toISOString(),
    };
    const policy = await readPolicy(db);
    const words = { reason, policy, actor: 'server', ip: null, now: server.clock.now };
    const scope = { leaseId: older.leaseId };
    const recorded = await db.transaction().execute((tx) => recordEnd(tx, { scope, ...words }));
    expect(recorded).toEqual({ ended: [], frames: [] });
    const live = await db.selectFrom('lease').select('id').where('ended_at', 'is', null).execute();
    expect(live).toEqual([{ id: newer.leaseId }]);
    const { gate_reason_json } = await db
      .selectFrom('device')
      .select('gate_reason_json')
      .executeTakeFirstOrThrow();
    expect(gate_reason_json).toBeNull();
  });

  it('audits the end of a lease once, however many ask for it at the same time', async () => {
    const { body: lease } = await connect();
    const path = `/client/v1/connections/${lease.leaseId}`;
    const end = () => server.request('DELETE', path, { token: session.sessionToken });
    const answers = await Promise.all([end(), end(), kick()]);
    expect(answers.map((answer) => answer.status)).toEqual([204, 204, 200]);
    const { db } = server.ctx.database;
    const ends = db.selectFrom('audit').select('subject').where('action', '=', 'lease.end');
    expect(await ends.execute()).toEqual([{ subject: `lease:${lease.leaseId}` }]);
  });

  it('ends a lease at its expiry after two warnings, and one that fell silent', async () => {
    const client = await ScriptedClient.connect(server, session.sessionToken);
    await connect();
    server.clock.now += 86_400_000 - 11 * 60_000;
    await server.parts.sweeper.sweep();
    expect(client.frames.filter((frame) => frame.type === 'lease-expiring')).toHaveLength(0);
    for (const ms of [2 * 60_000, 8 * 60_000]) {
      server.clock.now += ms;
      await server.parts.sweeper.sweep();
      await server.parts.sweeper.sweep();
    }
    await expect.poll(() => client.frames.filter((frame) => frame.type === 'lease-expiring').length).toBe(2);
    server.clock.now += 2 * 60_000;
    await server.parts.sweeper.sweep();
    expect((await client.of('disconnect')).reason.code).toBe('lease-expired');
    await expect.poll(() => gateway.peers.size).toBe(0);

    server.nextStep();
    session = await server.signIn(member);
    await connect();
    server.clock.now += 181_000;
    await server.parts.sweeper.sweep();
    expect(gateway.peers.size).toBe(1);
    gateway.send({ type: 'stats', peers: [] });
    await expect.poll(() => server.parts.registry.lastStatsAt(gateway.id)).toBe(server.clock.now);
    await server.parts.sweeper.sweep();
    await expect.poll(() => gateway.peers.size).toBe(0);
    await client.close();
  });

  it('has a removed gateway drop its peers before it is turned away', async () => {
    await connect();
    const removal = { id: gateway.id, actor: 'cli', now: server.clock.now };
    await server.ctx.database.db.transaction().execute((tx) => removeGateway(tx, removal));
    await server.parts.sweeper.reconcile();
    expect(await gateway.closed).toBe(4001);
    expect(gateway.peers.size).toBe(0);
    expect(await server.parts.pending.unenforced()).toEqual([]);
    expect((await kick()).status).toBe(200);
  });

  it('waits for a gateway that never comes back only until its peers have ended by themselves', async () => {
    apiToken = await server.addApiToken(['members:disconnect'], { expiresDays: 7 });
    await connect();
    await gateway.disconnect();
    await expect.poll(() => server.parts.registry.isOnline(gateway.id)).toBe(false);
    expect((await kick()).status).toBe(202);
    server.clock.now += 86_400_000;
    await server.parts.sweeper.sweep();
    expect((await kick()).status).toBe(202);
    server.clock.now += 301_000;
    await server.parts.sweeper.sweep();
    expect((await kick()).status).toBe(200);
  });

  it('survives a restart: what had ended stays ended, what lives is in the next sync', async () => {
    const other = await server.addMember();
    const otherSession = await server.signIn(other);
    await connect();
    await connect(otherSession.sessionToken);
    await gateway.disconnect();
    await expect.poll(() => server.parts.registry.isOnline(gateway.id)).toBe(false);
    expect((await kick()).status).toBe(202);
    await server.restart();
    await gateway.connect(server);
    await expect.poll(() => gateway.peers.size).toBe(1);
    await expect.poll(() => server.parts.pending.unenforced()).toEqual([]);
    expect((await connect()).body.code).toBe('step-up-required');
  });

  it('ends the connection with the session on sign-out', async () => {
    const client = await ScriptedClient.connect(server, session.sessionToken);
    await connect();
    const answer = await server.request('POST', '/client/v1/sign-out', { token: session.sessionToken });
    expect(answer.status).toBe(204);
    expect(gateway.peers.size).toBe(0);
    expect(await client.closed).toBe(4001);
    expect((await connect()).body.code).toBe('session-invalid');
  });

  it('writes an audit chain that holds', async () => {
    await connect();
    await kick({ reason: 'r', incident_id: 'i' });
    const rows = await server.ctx.database.db.selectFrom('audit').select(['action', 'actor']).execute();
    expect(rows.map((row) => row.action)).toEqual(
      expect.arrayContaining(['proof.totp', 'lease.begin', 'lease.end', 'member.disconnect']),
    );
    expect(await verifyAudit(server.ctx.database.db)).toMatchObject({ brokenAt: null });
  });
});

import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaseClaims } from '../../../src-shared/lease.ts';
import { MovingDevice } from '../../testing/moving-device.ts';
import { newWgKey } from '../../testing/scripted-ends.ts';

const UNKNOWN = '01a1ffbd-8da2-7710-bc82-16adeaf130c7';

let device: MovingDevice;
beforeEach(async () => {
  device = await MovingDevice.start();
});
afterEach(() => device.stop());

const refused = async (to: 0 | 1 | 2, change: object = {}) =>
  expect((await device.move(to, change)).body.code).toBe('step-up-required');
const begun = () =>
  device.server.ctx.database.db
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', 'lease.begin')
    .orderBy('seq')
    .execute();

describe('a connection whose gateway is gone, at another one', () => {
  it('goes on until the end that it had, and names the proof that it stands on', async () => {
    const { leaseId, expiresAt } = device;
    await device.lose(0);
    device.server.clock.now += 1000;
    const moved = await device.move(1);
    expect(moved).toMatchObject({ status: 201, body: { expiresAt } });
    expect(device.peers).toEqual([1, 1, 0]);
    expect(await device.live()).toMatchObject([
      { gateway_id: device.gateways[1].id, proof_lease_id: leaseId },
    ]);
    // And back again, once that one is gone as well: still on the first proof.
    await device.gateways[0].connect(device.server);
    expect(device.peers).toEqual([0, 1, 0]);
    await device.lose(1);
    const back = await device.move(0, { moveOf: moved.body.leaseId });
    expect(back).toMatchObject({ status: 201, body: { expiresAt } });
    expect(await device.live()).toMatchObject([{ proof_lease_id: leaseId }]);
    await device.gateways[1].connect(device.server);
    expect(device.peers).toEqual([1, 0, 0]);
  });

  it('needs a proof while the server hears the gateway, and stays where it is', async () => {
    await refused(1);
    expect(await device.live()).toMatchObject([{ id: device.leaseId }]);
  });

  it('needs a proof from another key pair, for another lease, after its end, and where the team forbids it', async () => {
    await device.lose(0);
    await refused(1, { wgPublicKey: newWgKey() });
    await refused(1, { moveOf: UNKNOWN });
    const own = device.session;
    device.session = await device.server.signIn(await device.server.addMember());
    await refused(1);
    device.session = own;
    await device.server.setPolicy({ moveWithoutCode: false });
    await refused(1);
    await device.server.setPolicy({ moveWithoutCode: true });
    device.server.clock.now += 86_400_000;
    await refused(1);
  });

  it('needs a proof where it would have ended as idle, or was ordered away', async () => {
    const { leaseId, wgPublicKey, server } = device;
    await device.lose(0);
    void server.parts.registry.remove(device.gateways[0].id, [{ leaseId, publicKey: wgPublicKey }], 1000);
    await refused(1);
    server.parts.registry.forgetRevoked([leaseId]);
    server.clock.now += 6 * 3_600_000;
    await refused(1);
    expect(device.peers).toEqual([1, 0, 0]);
  });

  it('has a proof that comes with it looked at, and spent', async () => {
    await device.lose(0);
    device.server.nextStep();
    const challengeId = (await device.move(1, { moveOf: UNKNOWN })).body.challenge.id;
    const proofs = [{ method: 'totp', code: device.server.codeOf(device.member) }];
    expect((await device.move(1, { challengeId, proofs })).status).toBe(201);
    expect(await device.live()).toMatchObject([{ proof_lease_id: null }]);
    const again = await device.move(1, { wgPublicKey: newWgKey(), challengeId, proofs });
    expect(again.status).toBe(401);
  });

  it('needs a proof after a disconnect, whatever the gateway does', async () => {
    await device.lose(0);
    await device.kick();
    await refused(1);
    expect(device.peers).toEqual([1, 0, 0]);
  });
});

describe('a move whose answer was lost', () => {
  /** The lease that the client never heard of. */
  let lost: { leaseId: string; lease: string };
  beforeEach(async () => {
    await device.lose(0);
    lost = (await device.move(1)).body;
    device.server.clock.now += 20_000;
  });

  it('is no sign of life: moves to and fro do not outlive what ends an idle connection', async () => {
    await device.server.setPolicy({ idleSeconds: 180 });
    // The last one that has ended, the one that lives.
    let [named, living] = [device.leaseId, lost.leaseId];
    const steps = Array.from({ length: 6 }, (_, index) => ({ to: index % 2 === 0 ? 2 : 1 }) as const);
    const answers: number[] = [];
    for (const { to } of steps) {
      device.server.clock.now += 45_000;
      const moved = await device.move(to, { moveOf: named });
      answers.push(moved.status);
      if (moved.status === 201) [named, living] = [living, moved.body.leaseId];
    }
    expect(answers).toEqual([201, 201, 201, 201, 401, 401]);
    await refused(1, { moveOf: named });
  });

  it('is answered again with the same lease, signed now and for the time that was left', async () => {
    const again = await device.move(1);
    expect(again).toMatchObject({
      status: 201,
      body: { leaseId: lost.leaseId, expiresAt: device.expiresAt, epoch: 0 },
    });
    const [before, now] = [lost.lease, again.body.lease].map((lease) => leaseClaims.parse(decodeJwt(lease)));
    expect(now).toEqual({ ...before, iat: (before?.iat ?? 0) + 20 });
    expect(await device.live()).toMatchObject([{ id: lost.leaseId, proof_lease_id: device.leaseId }]);
    expect(device.peers).toEqual([1, 1, 0]);
  });

  it('gives one lease to a hundred askers at once', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => device.move(2)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.leaseId)).size).toBe(1);
    expect(await device.live()).toMatchObject([
      { id: answers[0]?.body.leaseId, proof_lease_id: device.leaseId },
    ]);
    expect(await begun()).toHaveLength(3);
    await expect.poll(() => device.peers).toEqual([1, 0, 1]);
  });

  it('leads to a third gateway too, and leaves nothing at the second', async () => {
    const answer = await device.move(2);
    expect(answer).toMatchObject({ status: 201, body: { expiresAt: device.expiresAt } });
    expect(await device.live()).toMatchObject([{ proof_lease_id: device.leaseId }]);
    await expect.poll(() => device.peers).toEqual([1, 0, 1]);
    const details = (await begun()).at(-1)?.details_json ?? '';
    expect(JSON.parse(details)).toMatchObject({ moveOf: lost.leaseId, proofLeaseId: device.leaseId });
  });

  it('never ends with a question for a proof when both other gateways are asked at once, nor with two peers', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => device.move(index % 2 === 0 ? 1 : 2)),
    );
    for (const { status, body } of answers)
      expect([status, body.code ?? null]).toEqual(
        status === 201 ? [201, null] : [503, 'gateway-unavailable'],
      );
    const [live, ...more] = await device.live();
    expect(more).toEqual([]);
    const isAt = device.gateways.map(({ id }) => Number(id === live?.gateway_id));
    await expect.poll(() => device.peers.slice(1)).toEqual(isAt.slice(1));
  });

  it('is followed when the first gateway is back, also to there, and the old peer passes nothing beside the new one', async () => {
    await device.gateways[0].connect(device.server);
    expect(device.peers).toEqual([0, 1, 0]);
    expect((await device.move(1)).body.leaseId).toBe(lost.leaseId);
    expect(device.peers).toEqual([0, 1, 0]);
    const answer = await device.move(0);
    expect(answer).toMatchObject({ status: 201, body: { expiresAt: device.expiresAt } });
    await expect.poll(() => device.peers).toEqual([1, 0, 0]);
    await device.server.parts.sweeper.sweep();
    expect(device.peers).toEqual([1, 0, 0]);
    expect(device.gateways[0].peers.get(device.wgPublicKey)?.leaseId).toBe(answer.body.leaseId);
  });

  it('is followed by a server that was started anew in between', async () => {
    for (const number of [1, 2] as const) await device.lose(number);
    await device.server.restart();
    expect((await device.move(1)).body).toMatchObject({ code: 'gateway-unavailable', isProofSpent: false });
    for (const number of [1, 2] as const) await device.gateways[number].connect(device.server);
    expect((await device.move(1)).body.leaseId).toBe(lost.leaseId);
    expect((await device.move(2)).body).toMatchObject({ expiresAt: device.expiresAt });
    expect(await device.live()).toHaveLength(1);
  });

  it('is answered with a lease of what the gateway gives out now, for the time that was left', async () => {
    const { id } = device.gateways[1];
    await device.server.ctx.database.db
      .updateTable('gateway')
      .set({ mtu: 1300, settings_at: device.server.clock.now })
      .where('id', '=', id)
      .execute();
    const { status, body } = await device.move(1);
    expect([status, body.expiresAt]).toEqual([201, device.expiresAt]);
    expect(body.leaseId).not.toBe(lost.leaseId);
    const [before, now] = [lost.lease, body.lease].map((lease) => leaseClaims.parse(decodeJwt(lease)).wg);
    expect(now).toEqual({ ...before, mtu: 1300 });
    expect(await device.live()).toMatchObject([{ id: body.leaseId, proof_lease_id: device.leaseId }]);
    expect(device.gateways[1].orders).not.toContain('remove');
  });

  it('is ended by the client that lets go of what it holds, and not by one that gives back what it never held', async () => {
    const token = device.session.sessionToken;
    const { body: taken } = await device.move(2);
    const stats = { publicKey: device.wgPublicKey, lastHandshakeAt: null, rxBytes: 1, txBytes: 1 };
    device.gateways[2].send({ type: 'stats', peers: [{ ...stats, endpoint: null, handshakeAgeMs: 0 }] });
    await expect.poll(async () => (await device.live())[0]?.last_handshake_at).not.toBeNull();
    await device.server.request('DELETE', `/client/v1/connections/${lost.leaseId}`, { token });
    expect(await device.live()).toMatchObject([{ id: taken.leaseId }]);
    await device.server.request('DELETE', `/client/v1/connections/${taken.leaseId}`, { token });
    expect(await device.live()).toEqual([]);
  });
});

describe('a move to a gateway that does not take the peer', () => {
  beforeEach(() => device.lose(0));

  it('costs nothing: there again, and elsewhere, on the first proof', async () => {
    device.gateways[1].isTaking = false;
    for (let time = 0; time < 3; time++)
      expect(await device.move(1)).toMatchObject({
        status: 503,
        body: { code: 'gateway-unavailable', retryAfterMs: 2000 },
      });
    device.gateways[1].isTaking = true;
    const { status, body } = await device.move(1);
    expect([status, body.expiresAt]).toEqual([201, device.expiresAt]);
    expect(device.peers).toEqual([1, 1, 0]);
    expect(await begun()).toHaveLength(2);
  });

  it('leads on to a third one, and the late peer at the second one goes', async () => {
    device.gateways[1].isConfirming = false;
    expect((await device.move(1)).body.code).toBe('gateway-unavailable');
    device.gateways[1].isConfirming = true;
    const { status, body } = await device.move(2);
    expect([status, body.expiresAt]).toEqual([201, device.expiresAt]);
    expect(await device.live()).toMatchObject([{ proof_lease_id: device.leaseId }]);
    await expect.poll(() => device.gateways[1].orders.at(-1)).toBe('remove');
    expect(device.peers).toEqual([1, 0, 1]);
  }, 20_000);

  it('leads back to the first one, once that is there again', async () => {
    device.gateways[1].isTaking = false;
    expect((await device.move(1)).body.code).toBe('gateway-unavailable');
    await device.gateways[0].connect(device.server);
    expect(await device.move(0)).toMatchObject({ status: 201, body: { expiresAt: device.expiresAt } });
    expect(device.peers).toEqual([1, 0, 0]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MovingDevice } from '../../testing/moving-device.ts';
import { newWgKey } from '../../testing/scripted-ends.ts';

/** The first gateway is gone, and the answer to the move to the second one never came. */
describe('a lease that went on elsewhere without its client hearing of it', () => {
  let device: MovingDevice;
  let successor: string;
  beforeEach(async () => {
    device = await MovingDevice.start();
    await device.lose(0);
    successor = (await device.move(1)).body.leaseId;
    expect(device.peers).toEqual([1, 1, 0]);
  });
  afterEach(() => device.stop());

  const reason = { code: 'policy-changed' as const, message: 'Stricter', at: '2026-11-21T12:00:00.000Z' };
  /** A proof is asked for, at each gateway and whichever lease is named, and nothing has changed by it. */
  const expectProofAsked = async (change: object = {}) => {
    const before = await device.live();
    for (const moveOf of [device.leaseId, successor])
      for (const to of [1, 2] as const)
        expect((await device.move(to, { moveOf, ...change })).body.code).toBe('step-up-required');
    expect(await device.live()).toEqual(before);
  };
  const onlyPeers = (peers: number[]) => expect.poll(() => device.peers).toEqual(peers);

  it('is given to nobody who has another key pair, session or member', async () => {
    await expectProofAsked({ wgPublicKey: newWgKey() });
    const own = device.session;
    device.session = await device.server.signIn(await device.server.addMember());
    await expectProofAsked();
    device.server.nextStep();
    device.session = await device.server.signIn(device.member);
    await expectProofAsked();
    device.session = own;
    expect((await device.live()).map(({ id }) => id)).toEqual([successor]);
    expect(device.peers).toEqual([1, 1, 0]);
  });

  it('is not followed after a kick, nor after the proof that came next', async () => {
    await device.kick();
    await onlyPeers([1, 0, 0]);
    await expectProofAsked();
    expect(await device.live()).toEqual([]);
    const held = device.leaseId;
    device.wgPublicKey = newWgKey();
    await device.connect({ gatewayId: device.gateways[1].id });
    device.leaseId = held;
    await expectProofAsked();
    expect(await device.live()).toHaveLength(1);
    expect(device.peers).toEqual([1, 1, 0]);
  });

  it('is not followed after a kick that came while the gateway had the order', async () => {
    device.gateways[2].isConfirming = false;
    const moving = device.move(2);
    await expect.poll(() => device.gateways[2].orders.includes('add')).toBe(true);
    const kicking = device.kick();
    await expect.poll(() => device.gateways[2].orders.includes('remove')).toBe(true);
    device.gateways[2].isConfirming = true;
    await kicking;
    expect((await moving).body.code).toBe('step-up-required');
    await expectProofAsked();
    expect(await device.live()).toEqual([]);
  }, 20_000);

  it('is not followed after a kick of one that its gateway had not taken', async () => {
    device.gateways[2].isTaking = false;
    expect((await device.move(2)).body.code).toBe('gateway-unavailable');
    device.gateways[2].isTaking = true;
    await device.kick();
    await expectProofAsked();
    expect(await device.live()).toEqual([]);
    await onlyPeers([1, 0, 0]);
  });

  it('is not followed once the epoch has moved, whatever else the record says', async () => {
    await device.server.ctx.database.db.updateTable('device').set({ epoch: 1 }).execute();
    await expectProofAsked();
  });

  it('is not followed while its end is on the way into the record', async () => {
    const [lease] = await device.live();
    if (!lease) throw new Error('no lease');
    const { registry } = device.server.parts;
    await registry.remove(lease.gateway_id, [{ leaseId: lease.id, publicKey: lease.wg_public_key }], 1000);
    await expectProofAsked();
  });

  it('is not followed after any end of access to the device or its member', async () => {
    const scopes = [{ memberId: device.member.id }, { deviceId: device.session.deviceId }];
    for (const scope of scopes) {
      await device.server.parts.ender.endAccess({ scope, reason, actor: 'cli', ip: null });
      await expectProofAsked();
      expect(await device.live()).toEqual([]);
      await device.connect({ gatewayId: device.gateways[1].id });
      await device.lose(1);
      successor = (await device.move(2)).body.leaseId;
      await device.gateways[1].connect(device.server);
      expect(await device.live()).toHaveLength(1);
    }
  });

  it('is not followed by a later session, once its own was signed out', async () => {
    const { sessionToken, deviceId } = device.session;
    await device.server.request('POST', '/client/v1/sign-out', { token: sessionToken });
    expect((await device.move(1)).body.code).toBe('session-invalid');
    await device.signIn();
    expect(device.session.deviceId).toBe(deviceId);
    await expectProofAsked();
    expect(await device.live()).toEqual([]);
  });

  it('is not followed once the user has disconnected what the client holds, and nothing of it stays', async () => {
    const token = device.session.sessionToken;
    await device.server.request('DELETE', `/client/v1/connections/${device.leaseId}`, { token });
    await onlyPeers([1, 0, 0]);
    expect(await device.live()).toEqual([]);
    await expectProofAsked();
  });

  it('is not followed once it was ended as idle, by its own gateway or by what the first one said last', async () => {
    const idle = { ...reason, code: 'idle' as const };
    const { deviceId } = device.session;
    const words = { reason: idle, actor: 'server', ip: null, isDeviceTold: true };
    await device.server.parts.ender.endLease({ leaseId: successor, deviceId, ...words });
    await expectProofAsked();
    await device.connect({ gatewayId: device.gateways[1].id });
    await device.lose(1);
    successor = (await device.move(2)).body.leaseId;
    device.server.clock.now += 241_000;
    const named = { moveOf: device.leaseId };
    expect((await device.move(2, named)).body.code).toBe('step-up-required');
  });

  it('is not followed past a proof, a renewal, or its own time', async () => {
    const held = device.leaseId;
    device.server.clock.now += 30_000;
    await device.connect({ gatewayId: device.gateways[1].id });
    device.leaseId = held;
    await expectProofAsked();
    const token = device.session.sessionToken;
    const [renewed] = await device.live();
    await device.server.request('DELETE', `/client/v1/connections/${renewed?.id}`, { token });
    await expectProofAsked();
    await device.connect({ gatewayId: device.gateways[1].id });
    await device.lose(1);
    successor = (await device.move(2)).body.leaseId;
    device.server.clock.now += 86_400_000;
    // Not idle by what its gateway said last.
    await device.server.ctx.database.db
      .updateTable('lease')
      .set({ last_handshake_at: device.server.clock.now })
      .where('id', '=', device.leaseId)
      .execute();
    expect((await device.move(2)).body.code).toBe('step-up-required');
  });

  it('is not followed where the team forbids it, nor by a computer that knows of a later epoch', async () => {
    await device.server.setPolicy({ moveWithoutCode: false });
    await expectProofAsked();
    await device.server.setPolicy({ moveWithoutCode: true });
    expect((await device.move(1, { knownEpoch: 1 })).body).toMatchObject({
      code: 'step-up-required',
      epoch: 2,
    });
    expect(await device.live()).toEqual([]);
  });

  it('is not followed by the name of before once somebody has shaken hands with it', async () => {
    const stats = {
      publicKey: device.wgPublicKey,
      lastHandshakeAt: null,
      rxBytes: 1,
      txBytes: 1,
      endpoint: null,
    };
    device.gateways[1].send({ type: 'stats', peers: [{ ...stats, handshakeAgeMs: 0 }] });
    await expect.poll(async () => (await device.live())[0]?.last_handshake_at).not.toBeNull();
    await expectProofAsked();
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHelperClient } from '../../src-client/tunnel/helper-client.ts';
import { generateWireGuardKeyPair } from '../../src-client/tunnel/wireguard-keys.ts';
import { connectAnswer } from '../../src-shared/client-api.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { nowNs } from '../faults/traffic.ts';
import { stackDevice } from './stack-device.ts';
import { PIN } from './wire-lab.ts';

describe('a client that comes back by itself after it was thrown out', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
  });
  afterAll(() => lab.stop());

  const openHelper = async () => {
    const helper = createHelperClient({
      socketPath: lab.file.laptop.helperSocket,
      random: Math.random,
      log: pino({ level: 'silent' }),
      events: { onReady: () => undefined, onLost: () => undefined, onStatus: () => undefined },
    });
    expect(await helper.ensure()).toMatchObject({ ok: true });
    return helper;
  };

  it('gets nowhere with all that it had: session, device key, lease, helper, old proofs, the open window and the grace', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    const device = await stackDevice(lab, member, codes);
    await device.setPin(PIN, codes.current);
    await device.turnOnSoft(codes.next);
    const keys = generateWireGuardKeyPair();
    const connectWith = (extra: object) => device.connect({ wgPublicKey: keys.publicKey, ...extra });

    // Before: the window is open, so the device key alone gets in.
    const first = await device.challenge();
    expect(first.requires).toEqual(['unlock']);
    const proof = await device.softProof(first);
    const granted = await connectWith({ challengeId: first.id, proofs: [proof] });
    expect(granted.status).toBe(201);
    const { lease } = connectAnswer.parse(granted.body);
    let helper = await openHelper();
    expect(await helper.up(lease, keys.privateKey)).toBeNull();
    await lab.expectTraffic();
    // In reserve, from before the kick: a question and a proof that answers it.
    const reserve = await device.challenge();
    const reserveProof = await device.softProof(reserve);

    const kicked = await lab.kick(member);
    const answeredAt = nowNs();
    expect(kicked).toMatchObject({ status: 200, answer: { enforced: true } });
    await sleep(1000);
    expect((await lab.traffic.delivered(answeredAt)).count).toBe(0);

    helper.close();
    helper = await openHelper();
    await helper.up(lease, keys.privateKey);
    await lab.expectSilence(1500);
    helper.close();

    const replayed = await connectWith({ challengeId: first.id, proofs: [proof] });
    expect(replayed.body).toMatchObject({ code: 'challenge-invalid' });
    const kept = await connectWith({ challengeId: reserve.id, proofs: [reserveProof] });
    expect(kept.body).toMatchObject({ code: 'challenge-invalid' });
    // The window is void: the system's yes alone is not even offered any more.
    const now = await device.challenge();
    expect(now.unlockMethods).toEqual(['pin']);
    expect(now.reason).toMatchObject({ message: 'Sign-in from a new country' });
    const soft = await device.answer(now, await device.softProof(now));
    expect(soft.body).toMatchObject({ code: 'unlock-refused' });
    expect(await lab.peers()).toEqual([]);

    // Nor does the code of the set-up stand in for a fresh one, where a code is asked for.
    await lab.serverCommand('policy', 'set', 'totpPriorConnection=true');
    expect((await device.challenge()).requires).toEqual(['totp', 'unlock']);
    await lab.serverCommand('policy', 'set', 'totpPriorConnection=false');

    const asked = await device.challenge();
    const back = await connectWith({ challengeId: asked.id, proofs: [await device.pinProof(asked, PIN)] });
    expect(back.status).toBe(201);
    helper = await openHelper();
    expect(await helper.up(connectAnswer.parse(back.body).lease, keys.privateKey)).toBeNull();
    await lab.expectTraffic();
    helper.close();
  });
});

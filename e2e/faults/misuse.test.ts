import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isPhase, isPrompt, proofOutcome } from '../../scripts/story/client-process.ts';
import { createHelperClient } from '../../src-client/tunnel/helper-client.ts';
import { connectAnswer, mfaRequiredExtra, stepUpExtra } from '../../src-shared/client-api.ts';
import { FaultLab } from './fault-lab.ts';
import { post, RawClient, tryPassword } from './raw-client.ts';
import { nowNs } from './traffic.ts';

describe('clients that do not play by the rules', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(4);
  });
  afterAll(() => lab.stop());
  afterEach(() => lab.reset());

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

  it('one that ignores the order gets no packet through after the 200, and its old lease and code are worth nothing', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    const deaf = await RawClient.signIn(lab, member, codes.previous);
    const { lease } = await deaf.connect();
    let helper = await openHelper();
    expect(await helper.up(lease, deaf.keys.privateKey)).toBeNull();
    await lab.expectTraffic();

    const kicked = await lab.kick(member);
    const answeredAt = nowNs();
    expect(kicked).toMatchObject({ status: 200, answer: { enforced: true, notified: 0, offline: 1 } });
    expect(await lab.hasTunnel()).toBe(true);
    await sleep(1000);
    expect((await lab.traffic.delivered(answeredAt)).count).toBe(0);

    // Again through the helper, with the lease that it still has: there is no peer behind it.
    helper.close();
    helper = await openHelper();
    await helper.up(lease, deaf.keys.privateKey);
    await lab.expectSilence(1500);
    expect(await lab.peers()).toEqual([]);
    helper.close();

    const gate = await deaf.tryConnect();
    expect(gate).toMatchObject({ status: 401, body: { code: 'step-up-required' } });
    const challenge = gate.body;
    const replay = (code: string) =>
      deaf.tryConnect({ challengeId: idOf(challenge), proofs: [{ method: 'totp', code }] });
    expect((await replay(codes.previous)).body).toMatchObject({ code: 'code-already-used' });
    expect(await lab.peers()).toEqual([]);

    // The way back: a fresh code. From then on the helper itself refuses the lease from before the disconnect.
    const fresh = await replay(codes.current);
    expect(fresh.status).toBe(201);
    helper = await openHelper();
    expect(await helper.up(leaseOf(fresh.body), deaf.keys.privateKey)).toBeNull();
    await lab.expectTraffic();
    expect(await helper.up(lease, deaf.keys.privateKey)).toMatchObject({ code: 'lease-invalid' });
    helper.close();
  });

  it('two with one device: the newer channel replaces the older, its lease the other lease, and the first says so', async () => {
    const member = lab.newMember();
    const { client: first, codes } = await lab.connected(member);
    const [peer] = await lab.peers();
    // The whole profile on another disk, and the keyring that both can read: as much as a thief can copy.
    const copy = `copy-${member.email}`;
    cpSync(lab.profileFolder(member.email), lab.profileFolder(copy), {
      recursive: true,
      filter: (file) => !file.endsWith('.sock') && !file.includes('lock'),
    });
    const mark = first.seen.length;
    const second = lab.client(copy, 'connect');
    await second.waitFor('it asked for a code', isPrompt('gate'));
    // Without a code the copy is a channel and nothing more; the first has left the tunnel to whoever it is.
    const told = await first.waitFor('it was out', isPhase('disconnected'), mark);
    expect(told.event).toMatchObject({ problem: { code: 'controller-busy' } });
    expect(await first.ended).not.toBe(0);
    await lab.expectSilence();
    second.type(codes.current);
    await second.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
    const peers = await lab.peers();
    expect(peers).toHaveLength(1);
    expect(peers).not.toContain(peer);
    rmSync(path.join(lab.profileFolder(copy)), { recursive: true, force: true });
  });

  it('two with one session token on the wire: 4002 for the older channel, and one lease', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    const first = await RawClient.signIn(lab, member, codes.previous);
    await first.connect();
    const [peer] = await lab.peers();
    const channel = await first.openChannel();
    const thief = new RawClient(lab, first.session);
    const newer = await thief.openChannel();
    expect(await channel.closed).toBe(4002);
    const asked = await thief.tryConnect();
    expect(asked.body).toMatchObject({ code: 'step-up-required' });
    expect(await lab.peers()).toEqual([peer]);
    const proofs = [{ method: 'totp', code: codes.current }];
    expect((await thief.tryConnect({ challengeId: idOf(asked.body), proofs })).status).toBe(201);
    await lab.until('the first peer was gone', async () => !(await lab.peers()).includes(peer ?? ''));
    expect(await lab.peers()).toHaveLength(1);
    newer.close();
    first.close();
    thief.close();
  });

  it('one that guesses is slowed down across sessions, doors and a restart, and the right code does not open', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'));
    const wrong = Array.from({ length: 1000 }, (_, guess) => String(guess).padStart(6, '0'))
      .filter((guess) => !Object.values(codes).includes(guess))
      .slice(0, 6);
    for (const guess of wrong.slice(0, 2)) {
      const typed = client.seen.length;
      client.type(guess);
      const judged = await client.waitFor('it was judged', (event) => proofOutcome(event) !== null, typed);
      expect(proofOutcome(judged.event)?.problem?.code).toBe('invalid-code');
      await client.waitFor('it asked again', isPrompt('gate'), typed);
    }
    const { mfaToken } = mfaRequiredExtra.parse((await tryPassword(lab, member)).body);
    const guessAtSignIn = (code: string) =>
      post(lab, '/client/v1/sign-in/mfa', { mfaToken, method: 'totp', code });
    for (const guess of wrong.slice(2, 5))
      expect((await guessAtSignIn(guess)).body).toMatchObject({ code: 'invalid-code' });

    const throttled = { status: 429, body: { code: 'too-many-attempts' } };
    const refused = await guessAtSignIn(codes.current);
    expect(refused).toMatchObject(throttled);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await lab.kill('server');
    await lab.restart('server');
    await lab.gatewayIsBack();
    expect(await guessAtSignIn(codes.current)).toMatchObject(throttled);
    const typed = client.seen.length;
    client.type(codes.current);
    const judged = await client.waitFor('it was judged', (event) => proofOutcome(event) !== null, typed);
    expect(proofOutcome(judged.event)?.problem?.code).toBe('too-many-attempts');
    expect(await lab.peers()).toEqual([]);
    await lab.expectSilence();
  });
});

const idOf = (body: unknown): string => stepUpExtra.parse(body).challenge.id;
const leaseOf = (body: unknown): string => connectAnswer.parse(body).lease;

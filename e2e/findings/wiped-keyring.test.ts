import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPhase, isPrompt, proofOutcome } from '../../scripts/story/client-process.ts';
import { exitCodes } from '../../src-cli/context/exit-codes.ts';
import { FaultLab, type Member } from '../faults/fault-lab.ts';
import { LaptopKeyring } from './laptop-keyring.ts';
import { PIN } from './wire-lab.ts';

describe('a keyring that was wiped', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
  });
  afterAll(() => lab.stop());

  /** The word on the right PIN, given to a client of its own. */
  const tryPin = async (member: Member) => {
    const client = lab.client(member.email, 'connect');
    await client.waitFor('it asked for the PIN', isPrompt('gate'));
    client.type(PIN);
    const { event } = await client.waitFor('it was judged', (seen) => proofOutcome(seen) !== null);
    const isConnected = client.seen.some(({ event: seen }) => isPhase('connected')(seen));
    client.kill('SIGKILL');
    await client.ended;
    return { code: proofOutcome(event)?.problem?.code ?? null, isConnected };
  };

  it('lets nobody in with the right PIN, and gets no new key by itself: the way back is a sign-in with a code', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const set = lab.client(member.email, 'pin', 'set');
    for (const line of [PIN, PIN, codes.current]) set.type(line);
    expect(await set.ended, JSON.stringify(set.seen.slice(-2))).toBe(0);
    const keyring = new LaptopKeyring(lab, member);
    const registered = () => lab.query('select public_key, pin_verifier, pin_failures from device');
    const before = registered();
    expect(await keyring.read('device-key')).not.toBeNull();

    await keyring.wipe('unlock-pepper');
    expect(await tryPin(member)).toEqual({ code: 'unlock-key-missing', isConnected: false });
    expect(await keyring.read('unlock-pepper')).toBeNull();

    await keyring.wipe('device-key');
    expect(await tryPin(member)).toEqual({ code: 'unlock-key-missing', isConnected: false });
    expect(await keyring.read('device-key')).toBeNull();
    expect(registered()).toEqual(before);
    // Nor is a PIN set up on a key that the server has never been shown.
    const again = lab.client(member.email, 'pin', 'change');
    for (const line of [PIN, PIN, codes.next]) again.type(line);
    expect(await again.ended).toBe(exitCodes.unlock.code);
    expect(registered()).toEqual(before);
    await lab.expectSilence();

    // Signed in anew, this is a new device, and nothing of the old one counts for it.
    expect(await lab.client(member.email, 'sign-out').ended).toBe(0);
    await lab.signIn(member, codes.next);
    const fresh = lab.client(member.email, 'connect');
    expect(await fresh.ended).toBe(exitCodes.unlock.code);
    expect(registered()).toHaveLength(2);
  });
});

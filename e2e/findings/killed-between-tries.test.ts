import { copyFileSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientProcess, isPhase, isPrompt, proofOutcome } from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { PIN, WRONG_PINS } from './wire-lab.ts';

describe('a client that is killed between tries, and whose files are deleted or put back', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
  });
  afterAll(() => lab.stop());

  /** Types `pin` at the gate and answers the server's word on it. */
  const guess = async (client: ClientProcess, pin: string) => {
    await client.waitFor('it asked for the PIN', isPrompt('gate'));
    client.type(pin);
    const { event } = await client.waitFor('it was judged', (seen) => proofOutcome(seen) !== null);
    return proofOutcome(event)?.problem ?? null;
  };

  it('has as many PINs left as the server says, and no counter that it could set back', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const set = lab.client(member.email, 'pin', 'set');
    for (const line of [PIN, PIN, codes.current]) set.type(line);
    expect(await set.ended, JSON.stringify(set.seen.slice(-2))).toBe(0);
    const counter = path.join(lab.profileFolder(member.email), 'unlock-counter.json');
    const kept = `${counter}.kept`;

    const first = lab.client(member.email, 'connect');
    expect(await guess(first, WRONG_PINS[0])).toMatchObject({ code: 'wrong-pin' });
    first.kill('SIGKILL');
    await first.ended;
    expect(existsSync(counter)).toBe(true);
    copyFileSync(counter, kept);
    rmSync(counter);

    const second = lab.client(member.email, 'connect');
    const { event } = await second.waitFor('it asked for the PIN', isPrompt('gate'));
    expect(event).toMatchObject({ pinAttemptsLeft: 4 });
    expect((await guess(second, WRONG_PINS[1]))?.detail).toContain('3 tries left');
    second.kill('SIGKILL');
    await second.ended;

    // The older file back: its numbers were used, so that not even the right PIN gets in, and the server takes note.
    copyFileSync(kept, counter);
    const third = lab.client(member.email, 'connect');
    expect(await guess(third, PIN)).toMatchObject({ code: 'unlock-refused' });
    expect(third.seen.some(({ event: seen }) => isPhase('connected')(seen))).toBe(false);
    third.kill('SIGKILL');
    await third.ended;
    const alarms = lab.query("select 1 from audit where action = 'device.clone-alarm'");
    expect(alarms.length).toBeGreaterThan(0);
    expect(lab.query('select pin_failures from device where pin_verifier is not null')).toEqual([
      { pin_failures: 2 },
    ]);

    // The way out that the user has: a code.
    const change = lab.client(member.email, 'pin', 'change');
    for (const line of [PIN, PIN, codes.next]) change.type(line);
    expect(await change.ended, JSON.stringify(change.seen.slice(-2))).toBe(0);
    const fourth = lab.client(member.email, 'connect');
    expect(await guess(fourth, PIN)).toBeNull();
    await fourth.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  });
});

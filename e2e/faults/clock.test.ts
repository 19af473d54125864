import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gateReason, isPhase, isPrompt, proofOutcome } from '../../scripts/story/client-process.ts';
import { TOTP_STEP_MS, totpAt, totpStep } from '../../src-server/proof/mfa/totp.ts';
import { FaultLab } from './fault-lab.ts';
import { nowNs } from './traffic.ts';

const HOUR_MS = 3_600_000;

describe('a server whose clock is set', () => {
  let lab: FaultLab;
  let offsetFile: string;
  const setClock = (offsetMs: number) => writeFileSync(offsetFile, String(offsetMs));
  beforeAll(async () => {
    lab = await FaultLab.start(3);
    offsetFile = path.join(lab.stack.folder, 'clock-offset');
    setClock(0);
    await lab.kill('server', 'SIGTERM');
    const program = path.join(import.meta.dirname, 'server-with-clock.ts');
    const config = path.join(lab.stack.folder, 'server/server.toml');
    await lab.restart('server', { command: [process.execPath, program, config, offsetFile] });
    await lab.gatewayIsBack();
  });
  afterAll(() => lab.stop());
  afterEach(async () => {
    setClock(0);
    await lab.reset();
  });

  it('back an hour: packets flow on, a disconnect is enforced, and no code of the past opens again', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const since = nowNs();
    setClock(-HOUR_MS);
    await sleep(2500);
    expect((await lab.traffic.answered(since)).longestGapMs).toBeLessThan(2000);
    expect(await lab.kick(member)).toMatchObject({ status: 200, answer: { enforced: true, notified: 1 } });
    expect(await lab.peers()).toEqual([]);
    await lab.expectSilence();
    await client.waitFor('it asked for a code', isPrompt('gate'));
    // The code that the server's own clock would take now lies before the last one that it took.
    const past = totpAt(member.totpSecret, totpStep(Date.now() - HOUR_MS));
    const typed = client.seen.length;
    client.type(past);
    const judged = await client.waitFor('it was judged', (event) => proofOutcome(event) !== null, typed);
    expect(proofOutcome(judged.event)?.ok).toBe(false);
    await lab.expectSilence();
    expect(await lab.peers()).toEqual([]);
    await client.waitFor('it asked again', isPrompt('gate'), typed);

    setClock(0);
    const back = client.seen.length;
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), back);
    await lab.expectTraffic();
  });

  it('forward past the end of a lease: the connection ends and says why, and works again once the clock is right', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const mark = client.seen.length;
    setClock(25 * HOUR_MS);
    const gate = await client.waitFor('it showed the gate', isPhase('gate'), mark);
    expect(gateReason(gate.event)?.message).toMatch(/longest time/);
    await lab.until('the gateway had no peer', async () => (await lab.peers()).length === 0);
    await lab.expectSilence();
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    setClock(0);
    const back = client.seen.length;
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), back);
    await lab.expectTraffic();
  });

  it('back by one step, which is within the tolerance: a code that was not used yet still gets in', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'));
    setClock(-TOTP_STEP_MS);
    const typed = client.seen.length;
    client.type(codes.current);
    await client.waitFor('it was judged', (event) => proofOutcome(event)?.ok === true, typed);
    await client.waitFor('it was connected', isPhase('connected'), typed);
    await lab.expectTraffic();
  });
});

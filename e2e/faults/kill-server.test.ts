import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gateReason, isPhase, isPrompt, proofOutcome } from '../../scripts/story/client-process.ts';
import { FaultLab, PATIENCE_MS } from './fault-lab.ts';
import { RawClient } from './raw-client.ts';
import { nowNs } from './traffic.ts';

describe('a server that goes away', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(7);
  });
  afterAll(() => lab.stop());
  afterEach(async () => {
    await lab.reset();
    const verified = await lab.serverCommand('audit', 'verify');
    expect(JSON.parse(verified.stdout)).toMatchObject({ brokenAt: null });
  });

  it('killed while clients are connected: packets flow, and a disconnect right after its start reaches all', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const since = nowNs();
    const mark = client.seen.length;
    await lab.kill('server');
    await sleep(1500);
    await lab.restart('server');
    const kicked = await lab.kick(member, 'Right after the restart');
    expect(kicked.answer.ended_connections).toBe(1);
    const flowed = await lab.traffic.answered(since);
    expect(flowed.count).toBeGreaterThan(200);
    await expect.poll(() => lab.peers(), { timeout: PATIENCE_MS }).toEqual([]);
    await lab.expectSilence();
    const gate = await client.waitFor('it showed the gate', isPhase('gate'), mark);
    expect(gateReason(gate.event)).toMatchObject({ message: 'Right after the restart' });
    // The code that signed in stays spent across the kill; the next one is good.
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    const typed = client.seen.length;
    client.type(codes.previous);
    const judged = await client.waitFor('it was judged', (event) => proofOutcome(event) !== null, typed);
    expect(proofOutcome(judged.event)?.problem?.code).toBe('code-already-used');
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), typed);
    await lab.expectTraffic();
  });

  it('killed and back without a disconnect: not one packet is lost, and nobody is asked for anything', async () => {
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    const since = nowNs();
    const mark = client.seen.length;
    await lab.kill('server');
    await lab.restart('server');
    await client.waitFor(
      'its channel was back',
      (event) => isPhase('connected')(event) && event.channel === 'open',
      mark,
    );
    expect(client.seen.slice(mark).some(({ event }) => isPrompt()(event) || isPhase('gate')(event))).toBe(
      false,
    );
    expect((await lab.traffic.answered(since)).longestGapMs).toBeLessThan(2000);
  });

  it('restarted in order: channels close with 1012, packets flow, and a disconnect works afterwards', async () => {
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    const watcher = await RawClient.signIn(lab, lab.newMember());
    const channel = await watcher.openChannel();
    const since = nowNs();
    const mark = client.seen.length;
    expect(await lab.kill('server', 'SIGTERM')).toBe('exit code 0');
    expect(await channel.closed).toBe(1012);
    await lab.restart('server');
    await client.waitFor(
      'its channel was back',
      (event) => isPhase('connected')(event) && event.channel === 'open',
      mark,
    );
    expect((await lab.traffic.answered(since)).longestGapMs).toBeLessThan(2000);
    await lab.gatewayIsBack();
    const kicked = await lab.kick(member);
    expect(kicked).toMatchObject({ status: 200, answer: { enforced: true, notified: 1 } });
    expect(await lab.peers()).toEqual([]);
    await lab.expectSilence();
    await client.waitFor('it showed the gate', isPhase('gate'), mark);
    watcher.close();
  });

  it('comes back with another lease key: not one packet is lost, and nobody trusts it anew', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const trusted = () => {
      const file = path.join(lab.stack.folder, 'laptop/helper/trusted-servers.json');
      return JSON.parse(readFileSync(file, 'utf8')).servers[0];
    };
    const { publicKey: before } = trusted();
    expect(await lab.serverCommand('keys', 'rotate', 'lease')).toMatchObject({ code: 0 });
    await lab.until('the helper had the next key', () => trusted().next !== undefined);
    const { next } = trusted();
    expect(trusted()).toMatchObject({ publicKey: before, next: expect.not.stringMatching(before) });
    const shown = async () => JSON.parse((await lab.serverCommand('keys', 'show')).stdout).lease.next;
    await lab.until('the server knew that', async () => (await shown()).have === 1);
    const since = nowNs();
    const mark = client.seen.length;
    await lab.kill('server', 'SIGTERM');
    expect(await lab.serverCommand('keys', 'rotate', 'lease', '--finish', '--yes')).toMatchObject({
      code: 0,
    });
    await lab.restart('server');
    // The new key's word, over the channel, is enough to forget the one of before.
    await lab.until('the old key was forgotten', () => trusted().publicKey === next);
    expect(trusted().next).toBeUndefined();
    expect((await lab.traffic.answered(since)).longestGapMs).toBeLessThan(2000);
    expect(client.seen.slice(mark).some(({ event }) => isPrompt()(event) || isPhase('gate')(event))).toBe(
      false,
    );
    await lab.gatewayIsBack();
    client.kill('SIGTERM');
    await client.ended;
    const again = lab.client(member.email, 'connect');
    await again.waitFor('it asked for a code', isPrompt('gate'));
    again.type(codes.current);
    await again.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  });

  it('killed at the gate: a code that could not be sent is not held against anyone', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'));
    await lab.kill('server');
    const typed = client.seen.length;
    client.type(codes.current);
    const judged = await client.waitFor('it was judged', (event) => proofOutcome(event) !== null, typed);
    expect(proofOutcome(judged.event)?.problem?.code).toBe('server-unreachable');
    await lab.expectSilence();
    await lab.restart('server');
    await lab.gatewayIsBack();
    const again = client.seen.length;
    client.type(codes.next);
    await client.waitFor('it was connected', isPhase('connected'), again);
    await lab.expectTraffic();
  });

  it('killed while a client connects: nobody is in without a lease, and the next code gets in', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    lab.signal('gateway', 'SIGSTOP');
    const client = lab.client(member.email, 'connect');
    try {
      await client.waitFor('it was connecting', isPhase('connecting'));
      await expect.poll(() => lab.leases(member), { timeout: 5000 }).toHaveLength(1);
      await lab.kill('server');
    } finally {
      lab.signal('gateway', 'SIGCONT');
    }
    const mark = client.seen.length;
    await client.waitFor('it was reconnecting', isPhase('reconnecting'));
    expect(await lab.hasTunnel()).toBe(false);
    await lab.restart('server');
    await lab.gatewayIsBack();
    // Its tries are up to 30 s apart by now.
    await client.waitFor('it asked for a code', isPrompt('gate'), mark, 2 * PATIENCE_MS);
    await lab.expectSilence();
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
    await expect.poll(() => lab.peers(), { timeout: 5000 }).toHaveLength(1);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ManagedProcess } from '../../lab/stack/processes.ts';
import {
  type ClientEvent,
  type ClientProcess,
  isPhase,
  isPrompt,
} from '../../scripts/story/client-process.ts';
import { splitEndpoint } from '../../src-shared/primitives.ts';
import { FaultLab, PATIENCE_MS } from '../faults/fault-lab.ts';
import { nowNs } from '../faults/traffic.ts';

describe('a gateway that dies where there are two', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(5, [], { gateways: 2 });
    // A host that answers no TCP at all, so that the first is the nearest as far as can be known.
    const far = lab.stack.plan.gateways[1]?.netns ?? '';
    await lab.inside(far, ['nft', 'add table inet mute']);
    await lab.inside(far, ['nft', 'add chain inet mute input { type filter hook input priority 0; }']);
    const { port } = splitEndpoint(lab.file.gateways[1]?.endpoint ?? '');
    await lab.inside(far, ['nft', `add rule inet mute input tcp dport ${port} drop`]);
  });
  afterAll(() => lab?.stop());
  afterEach(() => lab.reset());

  it('shows how near the one is whose host refuses a connection, and not the one that says nothing', async () => {
    const member = lab.newMember();
    await lab.signIn(member, (await lab.codes(member)).previous);
    const { stdout } = await lab.cli('gateways', '--json', '--profile', lab.profileFolder(member.email));
    const [first, second] = lab.file.gateways;
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      gateways: [
        { id: first?.id, rttMs: expect.any(Number) },
        { id: second?.id, rttMs: null },
      ],
    });
  });

  it('is left for the other one within seconds, without a code, and a kick is heard there', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const [first, second] = lab.file.gateways;
    const at =
      (id = '') =>
      (event: ClientEvent) =>
        isPhase('connected')(event) && JSON.stringify(event.gateway).includes(id);
    await client.waitFor('it was at the first', at(first?.id));
    const mark = client.seen.length;
    const since = nowNs();
    await lab.kill('gateway');
    await client.waitFor('it was at the second', at(second?.id), mark);
    await lab.expectTraffic();
    const { longestGapMs } = await lab.traffic.answered(since);
    console.info(`gateway killed → no packet for ${Math.round(longestGapMs)} ms`);
    expect(client.seen.slice(mark).some(({ event }) => isPrompt()(event))).toBe(false);
    const kicked = client.seen.length;
    // The gateway that is gone cannot confirm that it has let go of what was there.
    expect((await lab.kick(member)).answer).toMatchObject({ ended_connections: 1, notified: 1 });
    await client.waitFor('it asked for a code', isPrompt('gate'), kicked);
    await lab.expectSilence();
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), kicked);
    await lab.expectTraffic();
    await lab.restart('gateway');
    expect(await lab.peers()).toEqual([]);
  });

  describe('while the second one is slow to answer the server', () => {
    const second = (): ManagedProcess => {
      const [, agent] = lab.stack.gateways;
      if (!agent) throw new Error('the stack has no second gateway');
      return agent;
    };
    afterEach(() => void second().kill('SIGCONT'));
    const isAt = (id: string) => (event: ClientEvent) =>
      isPhase('connected')(event) && JSON.stringify(event.gateway).includes(id);
    /** Connected at the first gateway, which dies; the second one has its order and is not heard. */
    const moving = async () => {
      const member = lab.newMember();
      const { client, codes } = await lab.connected(member);
      const [{ id: first = '' } = {}, { id = '' } = {}] = lab.file.gateways;
      await client.waitFor('it was at the first', isAt(first));
      const mark = client.seen.length;
      second().kill('SIGSTOP');
      await lab.kill('gateway');
      const sql = 'select id from lease where member_id = ? and gateway_id = ? and ended_at is null';
      await lab.until('the server had moved it', () => lab.query(sql, member.id, id).length === 1);
      return { member, client, codes, mark, id };
    };
    const expectNoQuestion = ({ client, mark }: { client: ClientProcess; mark: number }) =>
      expect(client.seen.slice(mark).some(({ event }) => isPrompt()(event))).toBe(false);

    it('is asked for again once that takes the peer, without a code, and a kick is heard there', async () => {
      const { member, client, codes, mark, id } = await moving();
      const refusals = () => lab.logOf('server').split('gateway did not take the peer').length - 1;
      const before = refusals();
      await lab.until('the server had given up once', () => refusals() > before);
      second().kill('SIGCONT');
      await client.waitFor('it was at the second', isAt(id), mark);
      await lab.expectTraffic();
      expectNoQuestion({ client, mark });
      const kicked = client.seen.length;
      expect((await lab.kick(member)).answer).toMatchObject({ ended_connections: 1, notified: 1 });
      await client.waitFor('it asked for a code', isPrompt('gate'), kicked);
      await lab.expectSilence();
      client.type(codes.current);
      await client.waitFor('it was connected', isPhase('connected'), kicked);
      await lab.restart('gateway');
    });

    it('is followed without a code when the server was killed before it could answer', async () => {
      const { client, mark, id } = await moving();
      await lab.kill('server');
      second().kill('SIGCONT');
      await lab.restart('server');
      // Its tries are up to 30 s apart by now.
      await client.waitFor('it was at the second', isAt(id), mark, 2 * PATIENCE_MS);
      await lab.expectTraffic();
      expectNoQuestion({ client, mark });
      await lab.restart('gateway');
    });
  });

  it('is waited for where the team forbids to go on without a proof', async () => {
    await lab.serverCommand('policy', 'set', 'moveWithoutCode=false');
    const member = lab.newMember();
    const { client } = await lab.connected(member);
    const mark = client.seen.length;
    await lab.kill('gateway');
    await client.waitFor('it named the gateway', isPhase('reconnecting'), mark);
    await lab.expectSilence(2_000);
    const [first] = lab.file.gateways;
    expect(client.seen.at(-1)?.event).toMatchObject({ phase: 'reconnecting', gateway: { id: first?.id } });
    await lab.restart('gateway');
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
  });
});

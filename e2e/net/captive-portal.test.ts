import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RoutedPlan, roam, routedPlan, setCaptivePortal } from '../../lab/stack/net-controls.ts';
import { tryRun } from '../../lab/stack/run.ts';
import {
  type ClientEvent,
  type ClientProcess,
  isPhase,
  isPrompt,
  proofOutcome,
} from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { LeakProbes } from './leak-probes.ts';

const ANY_PAGE = 'http://neverssl.example/';

describe('a network with a sign-in page', () => {
  let lab: FaultLab;
  let plan: RoutedPlan;
  let probes: LeakProbes;
  beforeAll(async () => {
    lab = await FaultLab.start(3, ['guardPortalMinutes=1'], { isFullTunnel: true });
    plan = routedPlan(lab.file);
    probes = await LeakProbes.start(plan);
  });
  afterAll(async () => {
    probes?.stop();
    await lab?.stop();
  });

  /** As a browser on the laptop, whose names the home router answers. */
  const browse = async (url: string, ...args: string[]) => {
    const { router4 } = plan.routed.uplinks[0];
    const resolve = `mount --bind "$0" /etc/resolv.conf && exec curl -sS -m 5 "$@"`;
    const file = path.join(lab.stack.folder, 'resolv.conf');
    writeFileSync(file, `nameserver ${router4}\noptions timeout:1 attempts:1\n`);
    const shell = lab.stack.laptop.shell;
    return tryRun(shell, ['unshare', '--mount', 'sh', '-c', resolve, file, ...args, url]);
  };
  const atTheGate = async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const mark = client.seen.length;
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    return { client, code: codes.current };
  };
  const signIn = async () => {
    expect((await browse(ANY_PAGE)).stdout).toContain('Hotel Postern');
    expect((await browse(`${ANY_PAGE}sign-in`, '-X', 'POST')).stdout).toContain('You are online');
  };
  const getsIn = async (client: ClientProcess, code: string) => {
    const mark = client.seen.length;
    client.type(code);
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
    await setCaptivePortal(plan, false);
    await lab.reset();
  };

  it('is in the way: said in words, and the code is good once it is out of the way', async () => {
    const { client, code } = await atTheGate();
    // A laptop comes to such a network from another one, so nothing that it sends is on a connection of before.
    await roam(plan, 'cafe');
    await setCaptivePortal(plan, true);
    // With what it said last: it may have lost the other network's path already.
    const left = client.seen.findLastIndex(({ event }) => event.event === 'snapshot');
    await roam(plan, 'home');
    const isCutOff = ({ event, channel }: ClientEvent) => event === 'snapshot' && channel !== 'open';
    await client.waitFor('it noticed', isCutOff, left);
    const mark = client.seen.length;
    client.type(code);
    const refused = await client.waitFor('it said why', (event) => proofOutcome(event)?.ok === false, mark);
    expect(proofOutcome(refused.event)?.problem).toMatchObject({ code: 'server-unreachable' });
    await signIn();
    await getsIn(client, code);
  });

  it.each(['gate', 'always'])(
    'lets nothing out with trafficWhileWaiting=%s until it is opened',
    async (mode) => {
      const { code: status, stderr } = await lab.serverCommand(
        'policy',
        'set',
        `trafficWhileWaiting=${mode}`,
      );
      expect([status, stderr]).toEqual([0, expect.anything()]);
      // It is opened once on each network, and this is another one once the helper saw that the laptop had left.
      await roam(plan, 'cafe');
      await sleep(2_500);
      await roam(plan, 'home');
      const { client, code } = await atTheGate();
      await setCaptivePortal(plan, true);
      await probes.seen();
      expect((await browse(ANY_PAGE)).code).not.toBe(0);
      expect(await probes.leaking(300)).toEqual([]);
      const opened = await lab.cli('guard', 'portal');
      expect([opened.code, opened.stderr]).toEqual([0, '']);
      await signIn();
      expect(await probes.leaking(300)).toEqual([]);
      await getsIn(client, code);
    },
  );
});

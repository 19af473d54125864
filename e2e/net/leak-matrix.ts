import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { renewLease } from '../../lab/stack/dhcp.ts';
import { inNetns, ipBatch } from '../../lab/stack/namespaces.ts';
import { type RoutedPlan, roam, routedPlan } from '../../lab/stack/net-controls.ts';
import { uplinkLines } from '../../lab/stack/routed-network.ts';
import { tryRun } from '../../lab/stack/run.ts';
import { type ClientProcess, isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab, type Member } from '../faults/fault-lab.ts';
import { everyProbe, LeakProbes } from './leak-probes.ts';

/** Everything goes through the tunnel, so nothing of it may be seen at a router, whatever happens on the laptop. */
export function leakMatrix(mode: 'gate' | 'always'): void {
  let lab: FaultLab;
  let plan: RoutedPlan;
  let probes: LeakProbes;
  let member: Member;
  let client: ClientProcess;

  beforeAll(async () => {
    lab = await FaultLab.start(1, [`trafficWhileWaiting=${mode}`, 'guardPortalMinutes=1'], {
      isFullTunnel: true,
      hasDhcp: true,
    });
    plan = routedPlan(lab.file);
    probes = await LeakProbes.start(plan);
    member = lab.newMember();
  });
  afterAll(async () => {
    probes?.stop();
    await lab?.stop();
  });

  /** What was seen at the routers since the last step: each test ends with it. */
  const nothingLeft = async (forMs = 300) => {
    await sleep(forMs);
    expect(await probes.seen()).toEqual(Object.fromEntries(everyProbe.map((probe) => [probe, 0])));
  };
  const connect = async () => {
    client = lab.client(member.email, 'connect');
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
  };
  const comesBackFrom = async (work: () => Promise<void>) => {
    const mark = client.seen.length;
    await work();
    await client.waitFor('it noticed', (event) => !isPhase('connected')(event), mark);
    const noticed = client.seen.findIndex(({ event }, at) => at >= mark && !isPhase('connected')(event));
    await client.waitFor('it was connected', isPhase('connected'), noticed);
    await nothingLeft();
  };
  const policy = async (...words: string[]) => {
    const { code, stderr } = await lab.serverCommand('policy', 'set', ...words);
    expect([code, stderr]).toEqual([0, expect.anything()]);
  };
  const helperSays = async () => {
    const { stdout } = await lab.cli('guard', '--json');
    return JSON.parse(stdout.split('\n')[0] ?? '').guard;
  };

  it('the probes see every way out while nothing is held back', async () => {
    expect(await probes.leaking(500)).toEqual(everyProbe);
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    expect(await probes.leaking(300)).toEqual(everyProbe);
    client = lab.client(member.email, 'connect');
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
    await lab.until('it was held back', async () => (await helperSays()).mode === mode);
    await sleep(200);
    await probes.seen();
    await nothingLeft();

    // A kick, and the gate that waits.
    const mark = client.seen.length;
    expect(await lab.kick(member)).toMatchObject({ status: 200, answer: { enforced: true, notified: 1 } });
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    expect(await helperSays()).toMatchObject({ holds: mode === 'gate' ? 'team' : 'all', source: 'team' });
    await nothingLeft(1_000);
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
    await nothingLeft();
    const again = client.seen.length;
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'), again);
  });

  it('while the gate waits: helper killed, network changed, address renewed', async () => {
    await lab.kill('helper');
    await nothingLeft(500);
    await lab.restart('helper');
    await nothingLeft();
    await roam(plan, 'cafe');
    await nothingLeft(2_500);
    await roam(plan, 'home');
    await nothingLeft(500);
    // Asked by a socket that the guard judges, and then as a laptop without an address asks.
    await renewLease(plan, lab.stack.folder);
    await renewLease(plan, lab.stack.folder, '192.168.77.21');
    await renewLease(plan, lab.stack.folder, plan.laptop);
    await nothingLeft(500);
  });

  it("while a network's sign-in page is open: names and web pages alone", async () => {
    const opened = await lab.cli('guard', 'portal');
    expect([opened.code, opened.stderr]).toEqual([0, '']);
    const { portalUntil } = await helperSays();
    expect(Date.parse(portalUntil)).toBeGreaterThan(Date.now());
    await nothingLeft();
    const web = `</dev/tcp/${plan.routed.internet4}/80`;
    const refused = await tryRun('timeout', ['5', ...inNetns(plan.laptopNetns, ['bash', '-c', web])]);
    // The host in the internet has no web page, and says so itself.
    expect(refused.stderr).toContain('refused');
    // Once: asked for again, it is no longer than it was.
    expect((await lab.cli('guard', 'portal')).code).toBe(0);
    expect((await helperSays()).portalUntil).toBe(portalUntil);
  });

  it('at the start of the computer: before the helper runs, and with it', async () => {
    client.kill('SIGKILL');
    await lab.kill('helper');
    const [home] = plan.routed.uplinks;
    await ipBatch(plan.laptopNetns, [`link set ${home.interface} down`]);
    await lab.onLaptop(['nft', 'delete', 'table', 'inet', 'postern_guard']);
    const state = path.join(lab.stack.folder, 'laptop/helper/guard.nft');
    await lab.onLaptop(['nft', '-f', state]);
    await ipBatch(plan.laptopNetns, uplinkLines(home));
    await nothingLeft(500);
    await lab.restart('helper');
    await nothingLeft(500);
  });

  it('connected without a code: killed, upgraded, asleep, carried away, one by one and together', async () => {
    await policy('totpPriorConnection=false');
    await connect();
    await nothingLeft();
    await comesBackFrom(async () => {
      await lab.kill('helper');
      await nothingLeft(500);
      await lab.restart('helper');
    });
    client.kill('SIGKILL');
    await client.ended;
    await nothingLeft(500);
    await connect();
    client.kill('SIGKILL');
    await lab.kill('helper');
    await client.ended;
    await nothingLeft(500);
    await lab.restart('helper');
    await connect();
    await comesBackFrom(async () => {
      // As an upgrade of the package does it.
      await lab.kill('helper', 'SIGTERM');
      await nothingLeft();
      await lab.restart('helper');
    });
    lab.signal('helper', 'SIGSTOP');
    client.kill('SIGSTOP');
    await sleep(3_000);
    lab.signal('helper', 'SIGCONT');
    client.kill('SIGCONT');
    await nothingLeft(500);
    await roam(plan, 'cafe');
    await nothingLeft(2_500);
    await roam(plan, 'home');
    await nothingLeft(1_000);
    await comesBackFrom(async () => {
      await lab.onLaptop(['pkill', '-KILL', '-f', `wireguard-go.*${plan.laptopInterface}`]);
      await nothingLeft(1_000);
    });
  }, 180_000);

  it('while the rules change and the helper is killed in the middle of it', async () => {
    for (let round = 0; round < 5; round++) {
      await policy(`guardPortalMinutes=${10 + round}`);
      await sleep(round * 4);
      await lab.kill('helper');
      await nothingLeft(50);
      await lab.restart('helper');
    }
    await nothingLeft();
    await lab.until('the newest was in force', async () => (await helperSays()).portalMinutes === 14);
    await nothingLeft();
  });

  it('until the user signs out: then nothing is held back any more', async () => {
    client.kill('SIGINT');
    await client.ended;
    await nothingLeft();
    const left = await lab.cli('sign-out', '--profile', lab.profileFolder(member.email));
    expect([left.code, left.stderr]).toEqual([0, '']);
    expect(await helperSays()).toMatchObject({ mode: 'off', holds: 'nothing' });
    expect(await probes.leaking(500)).toEqual(everyProbe);
  });
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routedPlan, setUdpBlocked } from '../../lab/stack/net-controls.ts';
import { isPhase } from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { leakMatrix } from './leak-matrix.ts';
import { everyProbe, LeakProbes } from './leak-probes.ts';

describe('what leaves the laptop with trafficWhileWaiting=always', () => leakMatrix('always'));

describe('beside a tunnel for the team alone, with trafficWhileWaiting=always', () => {
  let lab: FaultLab;
  let probes: LeakProbes;
  beforeAll(async () => {
    lab = await FaultLab.start(1, ['trafficWhileWaiting=always']);
    probes = await LeakProbes.start(routedPlan(lab.file));
  });
  afterAll(async () => {
    probes?.stop();
    await lab?.stop();
  });

  it('a gateway that falls silent opens no other way to the team, before and after the client noticed', async () => {
    // The tunnel counts as up until WireGuard's own session ends, 180 s later: the rest goes its own way until then.
    const others = everyProbe.filter((probe) => !probe.startsWith('team'));
    const { client } = await lab.connected(lab.newMember());
    const onlyOthers = async () => (await probes.leaking(200)).join() === others.join();
    await lab.until('the team was held back', onlyOthers);
    const mark = client.seen.length;
    await setUdpBlocked(routedPlan(lab.file), true);
    expect(await probes.leaking(2_000)).toEqual(others);
    await client.waitFor('it noticed', isPhase('reconnecting'), mark);
    expect(await probes.leaking(1_000)).toEqual(others);
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { isPhase } from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { answers } from '../stack/stack-process.ts';

let lab: FaultLab;
beforeAll(async () => {
  lab = await FaultLab.start(1, [], { hasIpv6: true });
});
afterAll(() => lab?.stop());

it('a whole stack with IPv6 in the tunnel: both families reach the target, and a kick ends both', async () => {
  const { plan, file } = lab.stack;
  const targets = [plan.targetUrl, plan.second?.targetUrl ?? ''];
  const reached = () => Promise.all(targets.map((target) => answers(file.laptop.netns, target)));
  const member = lab.newMember();
  const { client } = await lab.connected(member);
  expect(await reached()).toEqual([true, true]);
  const mark = client.seen.length;
  expect(await lab.kick(member)).toMatchObject({ status: 200, answer: { enforced: true } });
  await client.waitFor('it showed the gate', isPhase('gate'), mark);
  expect(await reached()).toEqual([false, false]);
});

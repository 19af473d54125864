import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultLab } from '../faults/fault-lab.ts';

describe('a home network with the addresses of the team', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1, [], { hasOverlap: true });
  });
  afterAll(() => lab?.stop());

  it('ends the connect with what is in the way, tries no more, and leaves the network alone', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const before = await lab.laptopNetwork();
    const client = lab.client(member.email, 'connect');
    const { event } = await client.waitFor(
      'it gave up',
      ({ problem }) => problem !== null && problem !== undefined,
    );
    expect(event).toMatchObject({ phase: 'disconnected', problem: { code: 'network-overlap' } });
    expect(JSON.stringify(event)).toContain(lab.stack.plan.insideCidr);
    expect(await client.ended).toBe(12);
    expect(await lab.laptopNetwork()).toBe(before);
    // The way to the printer is as before.
    const printer = lab.stack.plan.routed?.printer ?? '';
    expect(await lab.onLaptop(['ip', 'route', 'get', printer])).toContain('dev eth0');
  });
});

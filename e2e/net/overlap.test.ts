import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';

describe('a home network with the addresses of the team', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1, [], { hasOverlap: true });
  });
  afterAll(() => lab?.stop());

  it('stays as it is until the user says whose it is, who is asked once', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const printer = lab.stack.plan.routed?.printer ?? '';
    const network = lab.stack.plan.insideCidr;
    const wayToPrinter = () => lab.onLaptop(['ip', 'route', 'get', printer]);
    const client = lab.client(member.email, 'connect');
    await client.waitFor('it was connected', isPhase('connected'));
    await lab.expectSilence();
    expect(await wayToPrinter()).toContain('dev eth0');
    const overlap = async (...args: string[]) => {
      const { stdout } = await lab.cli('overlap', ...args, '--json', '--profile', profile);
      return JSON.parse(stdout.split('\n')[0] ?? '').overlap;
    };
    const profile = lab.profileFolder(member.email);
    expect(await overlap()).toEqual({ networks: [network], side: 'local', choice: 'open' });
    expect(await overlap('team')).toEqual({ networks: [network], side: 'team', choice: 'made' });
    await lab.expectTraffic();
    expect(await wayToPrinter()).toContain(lab.stack.plan.laptopInterface);
    expect((await overlap('local')).side).toBe('local');
    await lab.expectSilence();
    expect(await wayToPrinter()).toContain('dev eth0');
    await overlap('team');

    const mark = client.seen.length;
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    expect(await wayToPrinter()).toContain('dev eth0');
    const asked = client.seen.length;
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), asked);
    await lab.expectTraffic();
    expect(await overlap()).toMatchObject({ side: 'team', choice: 'made' });
  });
});

import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gateReason, isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab, type Part } from '../faults/fault-lab.ts';
import { type OlderPrograms, unpackOlderPrograms } from './older-programs.ts';

let older: OlderPrograms;
beforeAll(async () => {
  older = await unpackOlderPrograms('03042c0');
});
afterAll(() => older?.remove());

describe.each<[string, readonly Part[], readonly ('today' | 'then')[]]>([
  [
    'a server of today, with the gateway agent and the helper of then',
    ['gateway', 'helper'],
    ['today', 'then'],
  ],
  ['a server of then, with the gateway agent and the helper of today', ['server'], ['today']],
])('%s', (_, ofThen, clients) => {
  let lab: FaultLab;
  let todaysShell: string;
  beforeAll(async () => {
    // What helper and agent of then do not know: they would refuse a lease that has it.
    const alternatePorts = ofThen.includes('server') ? [] : [443];
    const programs = Object.fromEntries(ofThen.map((name) => [name, older.programs[name]]));
    // It writes into the server's database, of which each version has its own.
    if (ofThen.includes('server')) programs.addMembers = older.programs.addMembers;
    lab = await FaultLab.start(2, [], { programs, alternatePorts });
    todaysShell = lab.stack.laptop.shell;
  });
  afterAll(() => lab?.stop());
  afterEach(() => lab.reset());

  it('runs what it says', () => {
    const isOlder = (part: Part) =>
      readFileSync(`/proc/${lab.pidOf(part)}/cmdline`, 'utf8').includes(older.folder);
    expect((['server', 'gateway', 'helper'] as const).filter(isOlder)).toEqual(ofThen);
  });

  it.each(clients)('lets in, throws out and lets in again the terminal client of %s', async (when) => {
    lab.stack.laptop.shell = when === 'today' ? todaysShell : older.shell(todaysShell);
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    const mark = client.seen.length;
    expect(await lab.kick(member, 'Update day')).toMatchObject({
      status: 200,
      answer: { enforced: true, notified: 1 },
    });
    const gate = await client.waitFor('it showed the gate', isPhase('gate'), mark);
    expect(gateReason(gate.event)).toMatchObject({ message: 'Update day' });
    await lab.expectSilence();
    expect(await lab.peers()).toEqual([]);
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), mark);
    await lab.expectTraffic();
  });
});

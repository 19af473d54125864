import { cpSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab } from './fault-lab.ts';

describe('a server whose database is a copy from before', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1);
  });
  afterAll(() => lab?.stop());

  it('lets in who was thrown out since, with one fresh code', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const files = path.join(lab.stack.folder, 'server');
    const copy = path.join(lab.stack.folder, 'copy');
    await lab.kill('server', 'SIGTERM');
    // A snapshot of the machine: with the mark beside the keys, by which the server knows a copy of the database alone.
    const database = readdirSync(files).filter((name) => name.startsWith('postern.db'));
    database.push('keys/postern.db.newest.json');
    for (const name of database) cpSync(path.join(files, name), path.join(copy, name));
    await lab.restart('server');
    await lab.gatewayIsBack();

    const client = lab.client(member.email, 'connect');
    await client.waitFor('it was connected', isPhase('connected'));
    const thrownOut = async () => {
      const mark = client.seen.length;
      await lab.kick(member);
      await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    };
    await thrownOut();
    const asked = client.seen.length;
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), asked);
    await thrownOut();
    client.kill('SIGTERM');
    await client.ended;

    await lab.kill('server', 'SIGTERM');
    for (const name of readdirSync(files).filter((name) => name.startsWith('postern.db')))
      rmSync(path.join(files, name));
    cpSync(copy, files, { recursive: true });
    await lab.restart('server');
    await lab.gatewayIsBack();

    // The laptop remembers leases of an epoch that the copy does not know.
    const [device] = lab.query('select id, epoch from device where member_id = ?', member.id);
    expect(device?.epoch).toBe(0);
    const again = lab.client(member.email, 'connect');
    await again.waitFor('it asked for a code', isPrompt('gate'));
    again.type(codes.next);
    await again.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
    const [row] = lab.query("select details_json from audit where action = 'device.epoch'");
    expect(JSON.parse(String(row?.details_json))).toEqual({ from: 0, knownEpoch: 1 });
  });
});

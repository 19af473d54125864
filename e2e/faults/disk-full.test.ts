import { cpSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../lab/stack/run.ts';
import { gateReason, isPhase, isPrompt } from '../../scripts/story/client-process.ts';
import { FaultLab, type Member } from './fault-lab.ts';
import { type Answer, post, RawClient, tryPassword } from './raw-client.ts';
import { nowNs } from './traffic.ts';

const isFull = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOSPC';

/** The server's files move to a disk of this size. */
const DISK = '8m';

describe('a server whose disk is full', () => {
  let lab: FaultLab;
  let files: string;
  beforeAll(async () => {
    lab = await FaultLab.start(4);
    files = path.join(lab.stack.folder, 'server');
    await lab.kill('server', 'SIGTERM');
    const aside = `${files}.aside`;
    cpSync(files, aside, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0700`, 'tmpfs', files]);
    cpSync(aside, files, { recursive: true });
    await lab.restart('server');
    await lab.gatewayIsBack();
  });
  afterAll(async () => {
    await lab.kill('server', 'SIGTERM');
    await run('umount', [files]);
    await lab.stop();
  });

  const filler = () => path.join(files, 'filler');
  const fill = () => {
    mkdirSync(filler());
    for (let part = 0; statfsSync(files).bavail > 0; part++) {
      const { bavail, bsize } = statfsSync(files);
      try {
        writeFileSync(path.join(filler(), String(part)), Buffer.alloc(bavail * bsize));
      } catch (error) {
        // The server wrote something in between: what there was is taken all the same.
        if (!isFull(error)) throw error;
      }
    }
  };
  const makeRoom = () => rmSync(filler(), { recursive: true });
  const kick = (member: Member): Promise<Answer> =>
    post(lab, `/api/v1/member/${member.id}/disconnect`, { reason: 'No room' }, lab.file.apiToken);
  const full = { status: 503, body: { code: 'storage-unavailable' } };

  it('lets nobody in, still cuts off at once, and writes it down when there is room again', async () => {
    const [member, second, third, stranger] = [0, 1, 2, 3].map(() => lab.newMember());
    if (!member || !second || !third || !stranger) throw new Error('four members are needed');
    const others = await Promise.all([second, third].map((other) => RawClient.signIn(lab, other)));
    for (const other of others) await other.connect();
    const { client, codes } = await lab.connected(member);
    expect(await lab.peers()).toHaveLength(3);

    fill();
    const mark = client.seen.length;
    expect(await tryPassword(lab, stranger)).toMatchObject(full);
    expect(await others[0]?.tryConnect()).toMatchObject(full);
    expect(await lab.peers()).toHaveLength(3);
    await lab.expectTraffic();

    for (const kicked of [member, second, third]) expect(await kick(kicked)).toMatchObject(full);
    const answeredAt = nowNs();
    await sleep(700);
    expect((await lab.traffic.delivered(answeredAt)).count).toBe(0);
    expect(await lab.peers()).toEqual([]);
    // Long enough for the server to have tried again in vain.
    await sleep(3000);
    expect(await tryPassword(lab, stranger)).toMatchObject(full);
    expect(lab.leases(member)).toHaveLength(1);

    // The user is told at once, too, and the prompt stays good.
    const gate = await client.waitFor('it showed the gate', isPhase('gate'), mark);
    expect(gateReason(gate.event)).toMatchObject({ message: 'No room' });
    const beforeRoom = client.seen.length;
    makeRoom();
    await lab.until('every end was in the books', () =>
      [member, second, third].every((kicked) => lab.leases(kicked).length === 0),
    );
    expect(await others[0]?.tryConnect()).toMatchObject({ body: { code: 'step-up-required' } });
    expect(await tryPassword(lab, stranger)).toMatchObject({ body: { code: 'mfa-required' } });
    await client.waitFor('it asked for a code', isPrompt('gate'), mark);
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'), beforeRoom);
    await lab.expectTraffic();
    expect(await lab.peers()).toHaveLength(1);
    const verified = await lab.serverCommand('audit', 'verify');
    expect(JSON.parse(verified.stdout)).toMatchObject({ brokenAt: null });

    await lab.kill('server');
    await lab.restart('server');
    await lab.gatewayIsBack();
    expect(await lab.peers()).toHaveLength(1);
  });
});

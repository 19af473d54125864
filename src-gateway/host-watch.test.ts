import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fine, wrong } from '../src-node/check.ts';
import type { HostTrouble } from '../src-shared/gateway-channel.ts';
import { type HostCheck, looked } from './host-check.ts';
import { HostWatch } from './host-watch.ts';

describe('a look at the host, again and again', () => {
  let checks: () => Promise<readonly HostCheck[]>;
  let lines: { level: number; msg: string }[];
  let told: (readonly HostTrouble[])[];
  let watch: HostWatch;
  const drop = wrong('firewall', 'Docker drops it.', 'iptables …');

  beforeEach(() => {
    vi.useFakeTimers();
    lines = [];
    told = [];
    checks = async () => [fine('egress', 'There.')];
    watch = new HostWatch(
      () => checks(),
      pino({ base: null, timestamp: false }, { write: (line) => void lines.push(JSON.parse(line)) }),
    );
    watch.onChange((troubles) => told.push(troubles));
    watch.start();
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it('says what is new, and what is gone, once', async () => {
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([]);
    checks = async () => [fine('egress', 'There.'), drop];
    await vi.advanceTimersByTimeAsync(90_000);
    const trouble = { id: 'firewall', detail: 'Docker drops it.', remedy: 'iptables …' };
    expect(told).toEqual([[trouble]]);
    checks = async () => [];
    await vi.advanceTimersByTimeAsync(90_000);
    expect(told).toEqual([[trouble], []]);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [40, 'Docker drops it.'],
      [30, 'this is no longer so'],
    ]);
  });

  it('names a look that fails, and goes on', async () => {
    checks = async () => [
      ...(await looked('firewall', () => Promise.reject(new Error('nft is missing')))),
      ...(await looked('egress', async () => [drop])),
    ];
    expect(await watch.look()).toEqual([
      {
        id: 'firewall',
        detail: 'Whether another firewall drops what members send is not known: nft is missing.',
        remedy: null,
      },
      expect.objectContaining({ id: 'firewall', detail: 'Docker drops it.' }),
    ]);
    checks = () => Promise.reject(new Error('out of memory'));
    expect(await watch.look()).toMatchObject([
      { id: 'host', detail: expect.stringContaining('out of memory') },
    ]);
    checks = async () => [];
    expect(await watch.look()).toEqual([]);
    expect(told).toHaveLength(3);
  });

  it('fits what the contract allows, however much is wrong', async () => {
    checks = async () =>
      Array.from({ length: 30 }, (_, index) => wrong('ports', `${index}`.repeat(600), 'y'.repeat(2000)));
    const found = await watch.look();
    expect(found).toHaveLength(20);
    expect(found[19]?.detail).toHaveLength(500);
    expect(found[0]?.remedy).toHaveLength(1000);
  });

  it('ends when it is stopped', async () => {
    watch.stop();
    checks = async () => [drop];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([]);
  });
});

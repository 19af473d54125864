import { describe, expect, it } from 'vitest';
import type { WgPeer } from '../src-node/wireguard/device.ts';
import { OrderQueue } from './order-queue.ts';
import { MemoryDevice } from './testing/memory-device.ts';

const peer = (index: number): WgPeer => ({
  publicKey: `k${index}`,
  presharedKey: 'p',
  allowedIps: [`10.0.0.${index}/32`],
});

describe('the queue before the device', () => {
  it('hands an order to an idle device before it returns', () => {
    const device = new MemoryDevice();
    void new OrderQueue(device).submit({ type: 'remove', publicKeys: ['k1'] });
    expect(device.calls).toEqual([{ remove: ['k1'], add: [] }]);
  });

  it('puts what piles up into one call and gives each order its answer', async () => {
    const device = new MemoryDevice();
    const queue = new OrderQueue(device);
    const release = device.hold();
    const first = queue.submit({ type: 'add', peer: peer(1) });
    const others = [2, 3, 4, 5].map((index) => queue.submit({ type: 'add', peer: peer(index) }));
    const removal = queue.submit({ type: 'remove', publicKeys: ['k1', 'k3'] });
    release();
    expect(await Promise.all([first, ...others, removal])).toEqual(Array(6).fill({ type: 'done' }));
    expect(device.calls).toHaveLength(2);
    expect([...device.held.keys()].sort()).toEqual(['k2', 'k4', 'k5']);
  });

  it('lets one bad order fail alone', async () => {
    const device = new MemoryDevice();
    const queue = new OrderQueue(device);
    device.refuse = ({ add }) => (add?.some(({ publicKey }) => publicKey === 'k2') ? 'bad peer' : null);
    const release = device.hold();
    const outcomes = [
      queue.submit({ type: 'add', peer: peer(9) }),
      queue.submit({ type: 'add', peer: peer(1) }),
      queue.submit({ type: 'add', peer: peer(2) }),
      queue.submit({ type: 'remove', publicKeys: ['k9'] }),
    ];
    release();
    expect((await Promise.all(outcomes)).map(({ type }) => type)).toEqual(['done', 'done', 'failed', 'done']);
    expect([...device.held.keys()]).toEqual(['k1']);
    // The half of a peer that may be there is taken back, and a later try is not mistaken for done.
    expect(device.calls).toContainEqual({ remove: ['k2'] });
    device.refuse = () => null;
    expect(await queue.submit({ type: 'add', peer: peer(2) })).toEqual({ type: 'done' });
    expect([...device.held.keys()].sort()).toEqual(['k1', 'k2']);
  });

  it('calls the device for a renewal that changes nothing not at all', async () => {
    const device = new MemoryDevice();
    const queue = new OrderQueue(device);
    await queue.submit({ type: 'add', peer: peer(1) });
    expect(await queue.submit({ type: 'add', peer: peer(1) })).toEqual({ type: 'done' });
    expect(device.calls).toHaveLength(1);
  });

  it('reports the failure of a sync and goes on', async () => {
    const device = new MemoryDevice();
    const queue = new OrderQueue(device);
    device.refuse = () => 'out of order';
    expect(await queue.submit({ type: 'sync', peers: [peer(1)] })).toEqual({
      type: 'failed',
      error: 'out of order',
    });
    device.refuse = () => null;
    expect(await queue.submit({ type: 'add', peer: peer(1) })).toEqual({ type: 'done' });
    expect([...device.held.keys()]).toEqual(['k1']);
  });
});

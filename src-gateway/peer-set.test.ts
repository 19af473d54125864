import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WgPeer } from '../src-node/wireguard/device.ts';
import { isEmptyChange, type PeerOrder, PeerSet } from './peer-set.ts';
import { MemoryDevice } from './testing/memory-device.ts';

const peer = (publicKey: string, ...allowedIps: string[]): WgPeer => ({
  publicKey,
  presharedKey: `psk-${publicKey}`,
  allowedIps,
});

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const network = fc.constantFrom('10.0.0.1/32', '10.0.0.2/32', '10.0.0.3/32');
const anyPeer = fc.record({
  publicKey: key,
  presharedKey: fc.constantFrom('p', 'q'),
  allowedIps: fc.uniqueArray(network, { minLength: 1, maxLength: 2 }),
});
const anyOrder: fc.Arbitrary<PeerOrder> = fc.oneof(
  fc.record({ type: fc.constant('add' as const), peer: anyPeer }),
  fc.record({ type: fc.constant('remove' as const), publicKeys: fc.array(key, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant('sync' as const),
    peers: fc.uniqueArray(anyPeer, { selector: ({ publicKey }) => publicKey, maxLength: 4 }),
  }),
);

/** Applies every order by itself and in full, as slowly and plainly as can be. */
async function plainly(orders: PeerOrder[]): Promise<MemoryDevice> {
  const device = new MemoryDevice();
  for (const order of orders) {
    if (order.type === 'add') await device.apply({ add: [order.peer] });
    else if (order.type === 'remove') await device.apply({ remove: order.publicKeys });
    else await device.apply({ replacePeers: true, add: order.peers });
  }
  return device;
}

const contents = (device: MemoryDevice) =>
  [...device.held.values()]
    .map((held) => JSON.stringify({ ...held, allowedIps: [...held.allowedIps].sort() }))
    .sort();

describe('folding orders into changes', () => {
  it('ends where the orders one by one end, however they are bundled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyOrder, { maxLength: 6 }), { maxLength: 6 }), async (bundles) => {
        const device = new MemoryDevice();
        const set = new PeerSet();
        for (const bundle of bundles) {
          const change = set.fold(bundle);
          if (!isEmptyChange(change)) await device.apply(change);
        }
        expect(contents(device)).toEqual(contents(await plainly(bundles.flat())));
        expect(set.size).toBe(device.held.size);
      }),
      { numRuns: 500 },
    );
  });

  it('does not mention a peer that is already as wanted', () => {
    const set = new PeerSet();
    set.fold([{ type: 'add', peer: peer('a', '10.0.0.1/32') }]);
    expect(isEmptyChange(set.fold([{ type: 'add', peer: peer('a', '10.0.0.1/32') }]))).toBe(true);
    expect(set.fold([{ type: 'add', peer: peer('a', '10.0.0.9/32') }])).toEqual({
      remove: [],
      add: [peer('a', '10.0.0.9/32')],
    });
  });

  it('ends the session of a peer that was removed and added again in one bundle', () => {
    const set = new PeerSet();
    const a = peer('a', '10.0.0.1/32');
    set.fold([{ type: 'add', peer: a }]);
    const bundle: PeerOrder[] = [
      { type: 'remove', publicKeys: ['a'] },
      { type: 'add', peer: a },
    ];
    expect(set.fold(bundle)).toEqual({ remove: ['a'], add: [a] });
    expect(
      set.fold([
        { type: 'remove', publicKeys: ['a'] },
        { type: 'sync', peers: [a] },
      ]),
    ).toEqual({
      replacePeers: true,
      remove: ['a'],
      add: [a],
    });
  });

  it('passes on the removal of a peer it does not know', () => {
    expect(new PeerSet().fold([{ type: 'remove', publicKeys: ['x'] }])).toEqual({ remove: ['x'], add: [] });
  });

  it('passes everything on again for a peer it was told to forget', () => {
    const set = new PeerSet();
    const a = peer('a', '10.0.0.1/32');
    set.fold([{ type: 'add', peer: a }]);
    set.forget('a');
    expect(set.fold([{ type: 'add', peer: a }])).toEqual({ remove: [], add: [a] });
  });
});

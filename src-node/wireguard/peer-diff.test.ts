import { describe, expect, it } from 'vitest';
import type { WgPeer } from './device.ts';
import { replacementFor } from './peer-diff.ts';
import type { UapiPeer } from './uapi-text.ts';

const present = (publicKey: string, network: string, presharedKey: string | null = null): UapiPeer => ({
  publicKey,
  presharedKey,
  allowedIps: [network],
  keepaliveSeconds: 0,
  lastHandshakeAt: 1,
  rxBytes: 0,
  txBytes: 0,
  endpoint: '192.0.2.1:1',
});
const wanted = (publicKey: string, network: string): WgPeer => ({ publicKey, allowedIps: [network] });

describe('replacing all peers', () => {
  it('does not mention a peer that is as wanted, so that its session lives on', () => {
    const change = replacementFor([present('a', '10.0.0.2/32'), present('b', '10.0.0.3/32')], {
      replacePeers: true,
      listenPort: 5,
      add: [wanted('a', '10.0.0.2/32'), wanted('c', '10.0.0.4/32')],
    });
    expect(change).toEqual({ listenPort: 5, remove: ['b'], add: [wanted('c', '10.0.0.4/32')] });
  });

  it('updates a peer whose networks or pre-shared key differ', () => {
    const current = [present('a', '10.0.0.2/32', 'k'), present('b', '10.0.0.3/32')];
    const add = [wanted('a', '10.0.0.2/32'), wanted('b', '10.0.0.9/32')];
    expect(replacementFor(current, { replacePeers: true, add })).toEqual({ remove: [], add });
  });

  it('ends the session of a peer that is removed and added in one change', () => {
    const add = [wanted('a', '10.0.0.2/32')];
    const change = replacementFor([present('a', '10.0.0.2/32')], {
      replacePeers: true,
      add,
      remove: ['a', 'z'],
    });
    expect(change).toEqual({ remove: ['a'], add });
  });

  it('empties the device for an empty list', () => {
    expect(replacementFor([present('a', '10.0.0.2/32')], { replacePeers: true })).toEqual({
      remove: ['a'],
      add: [],
    });
  });
});

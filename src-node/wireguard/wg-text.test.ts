import { describe, expect, it } from 'vitest';
import { generateWgKeyPair } from './key-pair.ts';
import { parseWgDump, wgCallsFor } from './wg-text.ts';

const secret = '-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8';
const a = generateWgKeyPair().publicKey;
const toStandard = (key: string) => Buffer.from(key, 'base64url').toString('base64');

describe('calls of wg', () => {
  it('removes several peers in one call and adds several in one more, with secrets in stdin only', () => {
    const peer = { publicKey: a, presharedKey: secret, allowedIps: ['10.0.0.2/32', 'fd00::2/128'] };
    const calls = wgCallsFor('wg7', { remove: [a, secret], add: [peer, peer], fwmark: 3 }, {});
    expect(calls).toHaveLength(2);
    expect(calls[0]).toEqual({
      args: ['set', 'wg7', 'peer', toStandard(a), 'remove', 'peer', toStandard(secret), 'remove'],
      stdin: '',
    });
    expect(calls[1]?.args).toEqual(['addconf', 'wg7', '/dev/stdin']);
    const section = `[Peer]\nPublicKey = ${toStandard(a)}\nPresharedKey = ${toStandard(secret)}\nAllowedIPs = 10.0.0.2/32, fd00::2/128\nPersistentKeepalive = 0\n`;
    expect(calls[1]?.stdin).toBe(`[Interface]\nFwMark = 3\n${section}${section}`);
  });

  it('replaces with syncconf, which keeps sessions, and repeats the settings it would reset', () => {
    const settings = { privateKey: secret, listenPort: 51_820 };
    const calls = wgCallsFor('wg7', { replacePeers: true }, settings);
    expect(calls).toEqual([
      {
        args: ['syncconf', 'wg7', '/dev/stdin'],
        stdin: `[Interface]\nPrivateKey = ${toStandard(secret)}\nListenPort = 51820\n`,
      },
    ]);
    expect(calls.flatMap(({ args }) => args).join()).not.toContain(toStandard(secret));
  });

  it('calls nothing for an empty change and lets no value become a second line', () => {
    expect(wgCallsFor('wg7', {}, {})).toEqual([]);
    const evil = { publicKey: a, allowedIps: ['10.0.0.2/32\n[Peer]'] };
    expect(() => wgCallsFor('wg7', { add: [evil] }, {})).toThrow();
  });

  it('parses what wg show dump prints', () => {
    const key = toStandard(a);
    expect(
      parseWgDump(
        `priv\tpub\t51820\toff\n${key}\t(none)\t192.0.2.1:7\t10.0.0.2/32,fd00::2/128\t1700000000\t10\t20\toff\n${key}\tpsk\t(none)\t(none)\t0\t0\t0\t25\n`,
      ),
    ).toEqual([
      {
        publicKey: a,
        lastHandshakeAt: 1_700_000_000_000,
        rxBytes: 10,
        txBytes: 20,
        endpoint: '192.0.2.1:7',
        allowedIps: ['10.0.0.2/32', 'fd00::2/128'],
      },
      { publicKey: a, lastHandshakeAt: null, rxBytes: 0, txBytes: 0, endpoint: null, allowedIps: [] },
    ]);
    expect(parseWgDump('priv\tpub\t51820\toff\n')).toEqual([]);
    expect(() => parseWgDump('x\ny\n')).toThrow();
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSet, isAccepted, keyFromHex, keyToHex, parseReply, takeReply } from './uapi-text.ts';

// The key pair of the protocol's own example, https://www.wireguard.com/xplatform/.
const peerHex = 'b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33';
const pskHex = '188515093e952f5f22e865cef3012e72f8b5f0b598ac0309d5dacce3b70fcf52';
const peer = keyFromHex(peerHex);

describe('UAPI text', () => {
  it('writes several peers into one set, removals first, one blank line at the end', () => {
    const text = encodeSet({
      privateKey: keyFromHex(pskHex),
      listenPort: 12_912,
      fwmark: 7,
      remove: [keyFromHex('11'.repeat(32))],
      add: [
        {
          publicKey: peer,
          presharedKey: keyFromHex(pskHex),
          endpoint: '[abcd:23::33%2]:51820',
          allowedIps: ['192.168.4.4/32', 'fd00::2/128'],
          keepaliveSeconds: 25,
        },
        { publicKey: keyFromHex('22'.repeat(32)), allowedIps: ['10.0.0.3/32'] },
      ],
    });
    expect(text).toBe(
      `set=1\nprivate_key=${pskHex}\nlisten_port=12912\nfwmark=7\n` +
        `public_key=${'11'.repeat(32)}\nremove=true\n` +
        `public_key=${peerHex}\npreshared_key=${pskHex}\nendpoint=[abcd:23::33%2]:51820\n` +
        'replace_allowed_ips=true\nallowed_ip=192.168.4.4/32\nallowed_ip=fd00::2/128\npersistent_keepalive_interval=25\n' +
        `public_key=${'22'.repeat(32)}\npreshared_key=${'00'.repeat(32)}\nreplace_allowed_ips=true\nallowed_ip=10.0.0.3/32\npersistent_keepalive_interval=0\n\n`,
    );
  });

  it('lets no value become a second line', () => {
    const evil = { publicKey: peer, allowedIps: ['10.0.0.1/32\nprivate_key=00'] };
    expect(() => encodeSet({ add: [evil] })).toThrow();
    expect(() => encodeSet({ add: [{ ...evil, allowedIps: [], endpoint: '1.2.3.4:1\n' }] })).toThrow();
    expect(() => encodeSet({ remove: ['short'] })).toThrow('32 bytes');
  });

  it('parses the peers of a get', () => {
    const { peers, listenPort, errno } = parseReply(
      [
        `private_key=${pskHex}`,
        'listen_port=12912',
        `public_key=${peerHex}`,
        `preshared_key=${pskHex}`,
        'protocol_version=1',
        'endpoint=[abcd:23::33]:51820',
        'last_handshake_time_sec=1700000000',
        'last_handshake_time_nsec=123456789',
        'tx_bytes=38333',
        'rx_bytes=2224',
        'persistent_keepalive_interval=111',
        'allowed_ip=192.168.4.4/32',
        `public_key=${'22'.repeat(32)}`,
        `preshared_key=${'00'.repeat(32)}`,
        'last_handshake_time_sec=0',
        'last_handshake_time_nsec=0',
        'something_new=1',
        'errno=0',
      ].join('\n'),
    );
    expect({ errno, listenPort }).toEqual({ errno: 0, listenPort: 12_912 });
    expect(peers).toEqual([
      {
        publicKey: peer,
        presharedKey: keyFromHex(pskHex),
        lastHandshakeAt: 1_700_000_000_123,
        rxBytes: 2224,
        txBytes: 38_333,
        endpoint: '[abcd:23::33]:51820',
        allowedIps: ['192.168.4.4/32'],
        keepaliveSeconds: 111,
      },
      {
        publicKey: keyFromHex('22'.repeat(32)),
        presharedKey: null,
        lastHandshakeAt: null,
        rxBytes: 0,
        txBytes: 0,
        endpoint: null,
        allowedIps: [],
        keepaliveSeconds: 0,
      },
    ]);
  });

  it('hands over errors of the device, and throws for what is no answer', () => {
    expect(parseReply('errno=-22').errno).toBe(-22);
    expect(isAccepted('errno=-22')).toBe(false);
    expect(isAccepted('public_key=00\nerrno=0')).toBe(true);
    expect(() => parseReply('hello=1')).toThrow('errno');
  });

  it('finds the end of an answer however it is cut', () => {
    void fc.assert(
      fc.property(fc.nat(40), (cut) => {
        const whole = 'listen_port=1\nerrno=0\n\nerrno=0\n\n';
        const first = takeReply(whole.slice(0, Math.max(cut, 23)));
        expect(first?.reply).toBe('listen_port=1\nerrno=0');
        expect(takeReply(whole.slice(0, Math.min(cut, 22)))).toBeNull();
      }),
    );
  });

  it('turns any 32-byte key into hex and back', () => {
    void fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const key = Buffer.from(bytes).toString('base64url');
        expect(keyFromHex(keyToHex(key))).toBe(key);
      }),
    );
  });
});

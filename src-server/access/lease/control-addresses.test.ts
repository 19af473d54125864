import { describe, expect, it } from 'vitest';
import { ControlAddresses, type NameServers } from './control-addresses.ts';

const log = { warn: () => undefined };
const fails = () => Promise.reject(new Error('ESERVFAIL'));
const nowhere: NameServers = { resolve4: fails, resolve6: fails };
const makeWith = (issuer: string, nameServers = nowhere, publicAddresses?: string[]) =>
  new ControlAddresses({
    config: { issuer, ...(publicAddresses ? { publicAddresses } : {}) },
    log,
    nameServers,
  });

describe('where clients reach the server', () => {
  it('is what the configuration says, whatever DNS says', async () => {
    const addresses = makeWith('https://vpn.example.com', nowhere, ['203.0.113.5:8443']);
    await addresses.start();
    expect(addresses.current).toEqual(['203.0.113.5:8443']);
  });

  it("is the issuer's own address with its port, and nothing for one that is the same everywhere", () => {
    expect(makeWith('https://203.0.113.5').current).toEqual(['203.0.113.5:443']);
    expect(makeWith('https://[2001:db8::5]:8443').current).toEqual(['[2001:db8::5]:8443']);
    for (const own of ['127.0.0.1:8443', '[::1]:8443', '0.0.0.0', '[::ffff:127.0.0.1]'])
      expect(makeWith(`https://${own}`).current).toEqual([]);
  });

  it('is what DNS says of the name in both families, without loopback, and stays when DNS is silent', async () => {
    let isThere = true;
    const addresses = makeWith('https://vpn.example.com:8443', {
      resolve4: () => (isThere ? Promise.resolve(['203.0.113.5', '127.0.1.1', '203.0.113.5']) : fails()),
      resolve6: () => (isThere ? Promise.resolve(['2001:db8::5', 'fe80::1']) : fails()),
    });
    expect(addresses.current).toEqual([]);
    await addresses.start();
    const both = ['203.0.113.5:8443', '[2001:db8::5]:8443'];
    expect(addresses.current).toEqual(both);
    isThere = false;
    await addresses.start();
    expect(addresses.current).toEqual(both);
    addresses.stop();
  });

  it('keeps a family about which nobody answers for once, and lets go of one that is no more', async () => {
    let failure = 'ESERVFAIL';
    let isMoved = false;
    const addresses = makeWith('https://vpn.example.com', {
      resolve4: async () => (isMoved ? ['203.0.113.6'] : ['203.0.113.5']),
      resolve6: async () => {
        if (isMoved) throw Object.assign(new Error(failure), { code: failure });
        return ['2001:db8::5'];
      },
    });
    await addresses.start();
    isMoved = true;
    await addresses.start();
    expect(addresses.current).toEqual(['203.0.113.6:443', '[2001:db8::5]:443']);
    failure = 'ENODATA';
    await addresses.start();
    expect(addresses.current).toEqual(['203.0.113.6:443']);
    addresses.stop();
  });

  it('names an IPv4 address as such, however it is written', () => {
    expect(makeWith('https://[::ffff:203.0.113.5]').current).toEqual(['203.0.113.5:443']);
  });
});

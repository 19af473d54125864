import type { NetworkInterfaceInfo } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { type Interfaces, networkFingerprint, watchNetwork } from './network-watch.ts';

afterEach(() => void vi.useRealTimers());

const v4 = (address: string, internal = false): NetworkInterfaceInfo => ({
  family: 'IPv4',
  address,
  netmask: '255.255.255.0',
  mac: '00:00:00:00:00:00',
  internal,
  cidr: `${address}/24`,
});
const home = { eth0: [v4('192.0.2.5')], lo: [v4('127.0.0.1', true)] };

test('another address of this computer is a change; tunnels and bridges that come up are none', () => {
  const followers = { postern0: [v4('10.0.0.2')], 'wg-x': [v4('10.1.0.2')], docker0: [v4('172.17.0.1')] };
  const bridges = { 'br-1f2e': [v4('172.18.0.1')], virbr0: [v4('192.168.122.1')] };
  expect(networkFingerprint({ ...home, ...followers, ...bridges })).toBe(networkFingerprint(home));
  expect(networkFingerprint({ eth0: [v4('198.51.100.5')] })).not.toBe(networkFingerprint(home));
});

test('temporary addresses come and go without the network changing; another prefix is another network', () => {
  const v6 = (address: string): NetworkInterfaceInfo => ({
    ...{
      family: 'IPv6',
      address,
      netmask: 'ffff:ffff:ffff:ffff::',
      mac: '00:00:00:00:00:00',
      internal: false,
    },
    ...{ cidr: `${address}/64`, scopeid: 0 },
  });
  const at = (...addresses: string[]) => networkFingerprint({ eth0: addresses.map(v6) });
  expect(at('2001:db8::5', '2001:db8:0:0:81e:1c0f:aaaa:1')).toBe(at('2001:db8::5'));
  expect(at('2001:db8::7')).toBe(at('2001:db8::5'));
  expect(at('2001:db8:0:1::5')).not.toBe(at('2001:db8::5'));
});

test('roaming is told once, and our own interface is known by its address, whatever its name', () => {
  vi.useFakeTimers();
  // Left by a run before this one.
  let interfaces: Interfaces = { ...home, work0: [v4('10.86.0.9')] };
  let own: string[] = [];
  let changes = 0;
  const watch = watchNetwork({
    interfaces: () => interfaces,
    ownAddresses: () => own,
    onChanged: () => {
      changes += 1;
    },
  });
  const pass = () => {
    vi.advanceTimersByTime(5_000);
    return changes;
  };
  expect(pass()).toBe(0);
  own = ['10.86.0.2/32'];
  interfaces = { ...home, work0: [v4('10.86.0.2')] };
  expect(pass()).toBe(0);
  own = [];
  expect(pass()).toBe(0);
  interfaces = { ...home, work0: [] };
  expect(pass()).toBe(0);
  interfaces = { eth1: [v4('198.51.100.7')] };
  expect(pass()).toBe(1);
  watch.stop();
  interfaces = home;
  expect(pass()).toBe(1);
});

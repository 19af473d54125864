import { describe, expect, it } from 'vitest';
import { aliveText, type FilterSettings, filterTable, networksText, tableRemoval } from './packet-filter.ts';

const settings = {
  interfaceName: 'gw-1',
  address: '10.86.0.1/24',
  nat: true,
  egressInterface: 'eth0',
  services: ['udp/53', 'tcp/53'],
  memberToMember: false,
  failClosedAfterSeconds: 300,
  listenPort: 51_820,
};

const table = (change: Partial<FilterSettings> = {}, isForwardingOurs = false) =>
  filterTable({ ...settings, ...change }, isForwardingOurs);

describe('the packet filter', () => {
  it('is made, emptied and filled in one transaction, under a name of its own', () => {
    const text = table();
    const [make, empty, fill] = text.split('\n');
    expect([make, empty, fill]).toEqual([
      'table inet postern_gw_1',
      'delete table inet postern_gw_1',
      'table inet postern_gw_1 {',
    ]);
    expect(tableRemoval('gw-1')).toBe('table inet postern_gw_1\ndelete table inet postern_gw_1\n');
  });

  it('hides members behind the egress interface only where that is asked for, in the family of the tunnel', () => {
    expect(table()).toContain('ip saddr 10.86.0.1/24 oifname "eth0" masquerade');
    expect(table({ address: 'fd00::1/64' })).toContain('ip6 saddr fd00::1/64');
    expect(table({ nat: false })).not.toContain('masquerade');
  });

  it('lets nothing into this host but echo and what is listed, and no member to another unless asked to', () => {
    const text = table();
    expect(text).toContain('    udp dport 53 accept\n    tcp dport 53 accept\n    reject');
    expect(text).toContain('oifname "gw-1" reject');
    expect(table({ memberToMember: true })).toContain('oifname "gw-1" accept');
    expect(table({ services: [] })).not.toContain('dport');
  });

  it('passes on for others what the host did before, and for bridges; where it is on for us, or told to, nothing else', () => {
    const drop = '    oifname != "gw-1" drop\n  }';
    const forBridges = '    meta iifkind "bridge" accept\n    meta oifkind "bridge" accept\n';
    expect(table({}, true)).toContain(`${forBridges}    meta nfproto ipv4 oifname != "gw-1" drop\n  }`);
    expect(table({ address: 'fd00::1/64' }, true)).toContain('    meta nfproto ipv6 oifname');
    for (const isOurs of [true, false]) {
      expect(table({ forwardOthers: false }, isOurs)).toContain(drop);
      expect(table({ forwardOthers: true }, isOurs)).not.toMatch(/oifname != "gw-1"|bridge/);
    }
    expect(table()).not.toMatch(/oifname != "gw-1"|bridge/);
  });

  it('remembers in the kernel that forwarding is its own to take back', () => {
    expect(table({}, true)).toContain('chain forwarding_is_ours { }');
    expect(table()).not.toContain('forwarding_is_ours');
  });

  it('names the destinations of each family anew, also when there are none', () => {
    expect(networksText('gw-1', ['10.0.0.0/8', '::/0', '192.168.1.0/24'])).toBe(
      [
        'flush set inet postern_gw_1 networks4',
        'add element inet postern_gw_1 networks4 { 10.0.0.0/8, 192.168.1.0/24 }',
        'flush set inet postern_gw_1 networks6',
        'add element inet postern_gw_1 networks6 { ::/0 }',
        '',
      ].join('\n'),
    );
    expect(networksText('gw-1', [])).not.toContain('add element');
  });

  it('opens for a time, and closes whether or not it was open', () => {
    expect(aliveText('gw-1', 300)).toContain('{ "gw-1" timeout 300s }');
    expect(aliveText('gw-1', 0).trim().split('\n').at(-1)).toBe(
      'delete element inet postern_gw_1 alive { "gw-1" }',
    );
  });
});

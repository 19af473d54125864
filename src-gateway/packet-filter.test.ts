import { describe, expect, it } from 'vitest';
import { forwardingReasonsIn } from './forwarding-reasons.ts';
import { aliveText, type FilterSettings, filterTable, networksText, tableRemoval } from './packet-filter.ts';

const settings = {
  interfaceName: 'gw-1',
  address: '10.86.0.1/24',
  nat: true,
  egressInterface: 'eth0',
  services: ['udp/53', 'tcp/53'],
  memberToMember: false,
  failClosedAfterSeconds: 300,
};

const table = (change: Partial<FilterSettings> = {}, reasons: string[] = [], isForwardingOurs = false) =>
  filterTable({ ...settings, ...change }, { reasons, isForwardingOurs });

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

  it('has the host pass nothing on but for the tunnel, unless it has other reasons or is told to', () => {
    const alone = '    oifname != "gw-1" drop\n  }';
    expect(table()).toContain(alone);
    expect(table({}, ['docker0'])).not.toContain(alone);
    expect(table({ forwardOthers: false }, ['docker0'])).toContain(alone);
    expect(table({ forwardOthers: true })).not.toContain(alone);
  });

  it('knows bridges and other tunnels for reasons, and neither its own interface nor plain ones', () => {
    const link = (ifname: string, kind?: string) => ({
      ifname,
      ...(kind === undefined ? {} : { linkinfo: { info_kind: kind } }),
    });
    const host = [link('lo'), link('eth0'), link('eth0.5', 'vlan'), link('gw-1', 'wireguard')];
    expect(forwardingReasonsIn(JSON.stringify(host), 'gw-1')).toEqual([]);
    const others = [link('docker0', 'bridge'), link('wg0', 'wireguard'), link('tun3', 'tun')];
    expect(forwardingReasonsIn(JSON.stringify([...host, ...others]), 'gw-1')).toEqual([
      'docker0',
      'wg0',
      'tun3',
    ]);
  });

  it('remembers in the kernel that forwarding is its own to take back', () => {
    expect(table({}, [], true)).toContain('chain forwarding_is_ours { }');
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

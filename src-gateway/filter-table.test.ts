import { describe, expect, it } from 'vitest';
import type { Family } from './family.ts';
import {
  addressesOf,
  aliveText,
  type FilterSettings,
  filterTable,
  networksText,
  ownForwardingOf,
  tableRemoval,
} from './filter-table.ts';

const settings = {
  interfaceName: 'gw-1',
  nat: true,
  egressInterface: 'eth0',
  services: ['udp/53', 'tcp/53'],
  memberToMember: false,
};

const V4 = '10.86.0.1/24';
const V6 = 'fd00::1/64';
const table = (change: Partial<FilterSettings> = {}, ours: Family[] = [], addresses = [V4]) =>
  filterTable({ ...settings, ...change }, { addresses, ownForwarding: new Set(ours) });

describe('the packet filter', () => {
  it('is emptied and filled in one transaction, under a name of its own, and never away meanwhile', () => {
    const lines = table().split('\n');
    const at = (line: string) => lines.indexOf(line);
    for (const chain of ['forward', 'from_members', 'input', 'to_gateway', 'postrouting']) {
      expect(at(`flush chain inet postern_gw_1 ${chain}`)).toBeGreaterThan(0);
      expect(at(`flush chain inet postern_gw_1 ${chain}`)).toBeLessThan(at(`  chain ${chain} {`));
    }
    expect(table()).not.toMatch(/delete table|flush set/);
    expect(table({ nat: false })).toContain('delete chain inet postern_gw_1 postrouting');
    expect(tableRemoval('gw-1')).toBe('table inet postern_gw_1\ndelete table inet postern_gw_1\n');
  });

  it('hides members behind the egress interface only where that is asked for, in the family of the tunnel', () => {
    expect(table()).toContain('ip saddr 10.86.0.1/24 oifname "eth0" masquerade');
    expect(table()).not.toContain('ip6 saddr');
    const both = table({}, [], [V4, V6]);
    expect(both).toContain('ip saddr 10.86.0.1/24 oifname "eth0" masquerade');
    expect(both).toContain('ip6 saddr fd00::1/64 oifname "eth0" masquerade');
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
    expect(table({}, ['ipv4'])).toContain(`${forBridges}    meta nfproto ipv4 oifname != "gw-1" drop\n  }`);
    expect(table({}, ['ipv6'], [V4, V6])).toContain(
      `${forBridges}    meta nfproto ipv6 oifname != "gw-1" drop\n  }`,
    );
    for (const ours of [['ipv4'], []] satisfies Family[][]) {
      expect(table({ forwardOthers: false }, ours)).toContain(drop);
      expect(table({ forwardOthers: true }, ours)).not.toMatch(/oifname != "gw-1"|bridge/);
    }
    expect(table()).not.toMatch(/oifname != "gw-1"|bridge/);
  });

  it('remembers in the kernel in which families forwarding is its own to take back', () => {
    for (const ours of [[], ['ipv4'], ['ipv6'], ['ipv4', 'ipv6']] satisfies Family[][]) {
      const [, ...removed] = table({}, ours).split('delete chain inet postern_gw_1 ');
      const kept = ['forwarding_is_ours', 'forwarding6_is_ours'].filter(
        (chain) => !removed.some((text) => text.split('\n')[0] === chain),
      );
      expect(ownForwardingOf(kept.map((chain) => `  chain ${chain} {\n  }`).join('\n'))).toEqual(
        new Set(ours),
      );
    }
  });

  it('says what the tunnel has, for whoever looks at the kernel', () => {
    expect(addressesOf(table({}, [], [V4, V6]))).toEqual([V4, V6]);
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

import { describe, expect, it } from 'vitest';
import { natRemoval, natTable } from './nat.ts';

describe('the translation table', () => {
  it('is made, emptied and filled in one transaction, under a name of its own', () => {
    const text = natTable({ interfaceName: 'gw-1', egressInterface: 'eth0', address: '10.86.0.1/24' });
    const [make, empty, fill] = text.split('\n');
    expect([make, empty, fill]).toEqual([
      'table inet postern_gw_1',
      'delete table inet postern_gw_1',
      'table inet postern_gw_1 {',
    ]);
    expect(text).toContain('ip saddr 10.86.0.1/24 oifname "eth0" masquerade');
    expect(natRemoval('gw-1')).toBe('table inet postern_gw_1\ndelete table inet postern_gw_1\n');
  });

  it('speaks IPv6 for an IPv6 tunnel', () => {
    expect(natTable({ interfaceName: 'a', egressInterface: 'b', address: 'fd00::1/64' })).toContain(
      'ip6 saddr fd00::1/64',
    );
  });
});

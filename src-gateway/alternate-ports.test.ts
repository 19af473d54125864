import { describe, expect, it } from 'vitest';
import { alternatePortsOf, alternatePortsText } from './alternate-ports.ts';

const settings = { interfaceName: 'gw-1', listenPort: 51_820 };

describe('the ports that lead to the tunnel', () => {
  it('are replaced in one transaction, for this host alone, and not out of the tunnel', () => {
    const text = alternatePortsText(settings, [443, 53]);
    const what = 'iifname != { "lo", "gw-1" } udp dport { 443, 53 } fib daddr type local';
    expect(text.match(/flush chain/g)).toHaveLength(2);
    expect(text).toContain(`add rule inet postern_gw_1 alternate_ports ${what} dnat to :51820\n`);
    expect(text).toContain(`add rule inet postern_gw_1 alternate_zone ${what} ct original zone set 51820\n`);
    expect(text).not.toContain('delete');
  });

  it('leave nothing behind when none are named, and are never the own one', () => {
    for (const ports of [[], [51_820]]) {
      const text = alternatePortsText(settings, ports);
      expect(text).not.toContain('add rule');
      expect(text.match(/delete chain inet postern_gw_1 alternate_(zone|ports)/g)).toHaveLength(2);
    }
    expect(alternatePortsText(settings, [51_820, 53])).toContain('udp dport { 53 }');
  });

  it('are read out of the table as nft prints it', () => {
    const line = (ports: string) =>
      `\t\tiifname != { "lo", "gw" } udp dport ${ports} fib daddr type local dnat to :51820\n\t}`;
    expect(alternatePortsOf(line('{ 53, 443 }'))).toEqual([53, 443]);
    expect(alternatePortsOf(line('443'))).toEqual([443]);
    expect(alternatePortsOf('\t\tudp dport 53 accept\n\t\tudp dport { 1, 2 } fib daddr type local')).toEqual(
      [],
    );
  });
});

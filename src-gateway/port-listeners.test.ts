import { expect, it } from 'vitest';
import { parseListeners } from './port-listeners.ts';

const PRINTED = `
UNCONN 0      0            127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=5,fd=12))
UNCONN 0      0                  0.0.0.0:53         0.0.0.0:*    users:(("dnsmasq",pid=7,fd=4))
UNCONN 0      0                     [::]:53            [::]:*    users:(("dnsmasq",pid=7,fd=6))
UNCONN 0      0                    [::1]:443           [::]:*
UNCONN 0      0                        *:443              *:*
UNCONN 0      0                  0.0.0.0:4430       0.0.0.0:*
`;

it('names each program once that hears nothing from outside any more, and what to do', () => {
  const found = parseListeners(PRINTED, [53, 443]);
  expect(found.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('UDP port 53 leads to the tunnel: dnsmasq,'),
    expect.stringContaining('UDP port 443 leads to the tunnel: another program,'),
  ]);
  expect(found[0]?.remedy).toContain("ss -ulnp 'sport = :53'");
  expect(parseListeners(PRINTED, [51_820])).toEqual([]);
});

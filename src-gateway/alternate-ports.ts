import type { GatewayConfig } from './config.ts';
import { tableName } from './table-name.ts';

const ZONE = 'alternate_zone';
const DNAT = 'alternate_ports';

/**
 * Text for `nft -f -`, one transaction: UDP to these ports of any address of this host goes to the tunnel's own port,
 * but for what comes out of the tunnel and what this host sends to itself; and no longer to any other port. The address
 * stays, so that the answer comes from it.
 *
 * The kernel decides on the first packet of a flow, and a client that tries again and again never lets a flow run out.
 * So these flows have a zone of their own in its list (`ct zone`, numbered like the port that they lead to): those from
 * before are not found there, and those of a port that was taken away are not found any more. Answers are looked for
 * where everything else is.
 */
export function alternatePortsText(
  { interfaceName, listenPort }: Pick<GatewayConfig, 'interfaceName' | 'listenPort'>,
  ports: readonly number[],
): string {
  const table = `inet ${tableName(interfaceName)}`;
  const others = ports.filter((port) => port !== listenPort);
  const what = `iifname != { "lo", "${interfaceName}" } udp dport { ${others.join(', ')} } fib daddr type local`;
  return [
    `table ${table} {`,
    `  chain ${ZONE} { type filter hook prerouting priority raw; policy accept; }`,
    // Before what other programs do with the same ports.
    `  chain ${DNAT} { type nat hook prerouting priority dstnat - 1; policy accept; }`,
    '}',
    ...[ZONE, DNAT].map((chain) => `flush chain ${table} ${chain}`),
    ...(others.length > 0
      ? [
          `add rule ${table} ${ZONE} ${what} ct original zone set ${listenPort}`,
          `add rule ${table} ${DNAT} ${what} dnat to :${listenPort}`,
        ]
      : [ZONE, DNAT].map((chain) => `delete chain ${table} ${chain}`)),
    '',
  ].join('\n');
}

/** The ports that lead to the tunnel, out of the table as `nft` prints it. */
export function alternatePortsOf(table: string): number[] {
  const [, some = '', one = ''] = /udp dport (?:\{ ([\d, ]+) \}|(\d+)) [^\n]* dnat/.exec(table) ?? [];
  return `${some}${one}`.split(', ').filter(Boolean).map(Number);
}

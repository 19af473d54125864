import { readFile, writeFile } from 'node:fs/promises';
import { findProgram, runProgram } from '../src-node/run-program.ts';

export interface NatRule {
  /** The tunnel's interface: names the table. */
  interfaceName: string;
  egressInterface: string;
  /** The gateway's own tunnel address, CIDR: its network is what is hidden. */
  address: string;
}

/** A table of our own, so that nobody else's rules are touched. */
export function natTableName(interfaceName: string): string {
  return `postern_${interfaceName.replaceAll('-', '_')}`;
}

/** Text for `nft -f -`, which takes it as one transaction: the table is made, emptied and filled at once. */
export function natTable({ interfaceName, egressInterface, address }: NatRule): string {
  const table = `inet ${natTableName(interfaceName)}`;
  const family = address.includes(':') ? 'ip6' : 'ip';
  return [
    `table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    `    ${family} saddr ${address} oifname "${egressInterface}" masquerade`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Removes the table whether or not it is there (the first line makes the second one valid). */
export function natRemoval(interfaceName: string): string {
  const table = `inet ${natTableName(interfaceName)}`;
  return `table ${table}\ndelete table ${table}\n`;
}

async function runNft(script: string): Promise<void> {
  const path = findProgram('nft');
  if (path === null) throw new Error('the program "nft" is missing: install the package nftables');
  const result = await runProgram({ path, args: ['-f', '-'], stdin: script });
  if (!result.ok) throw new Error(`nftables refused the rules: ${result.message}`);
}

/** Lets the kernel pass packets on; answers how to undo it. Throws with what to do where that is not allowed. */
async function openForwarding(file: string): Promise<() => Promise<void>> {
  if ((await readFile(file, 'utf8')).trim() !== '0') return async () => undefined;
  try {
    await writeFile(file, '1');
  } catch (error) {
    const setting = file.slice('/proc/sys/'.length).replaceAll('/', '.');
    throw new Error(`packets are not forwarded and this cannot be changed here: sysctl -w ${setting}=1`, {
      cause: error,
    });
  }
  return () => writeFile(file, '0');
}

/** Turns address translation on. The returned function takes everything back. */
export async function startNat(rule: NatRule): Promise<() => Promise<void>> {
  const closeForwarding = await openForwarding(
    rule.address.includes(':') ? '/proc/sys/net/ipv6/conf/all/forwarding' : '/proc/sys/net/ipv4/ip_forward',
  );
  try {
    await runNft(natTable(rule));
  } catch (error) {
    await closeForwarding();
    throw error;
  }
  return async () => {
    await runNft(natRemoval(rule.interfaceName));
    await closeForwarding();
  };
}

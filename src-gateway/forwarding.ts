import { readFile, writeFile } from 'node:fs/promises';

/** The setting of the kernel for packets of this address's family. */
function fileFor(address: string): string {
  return address.includes(':') ? '/proc/sys/net/ipv6/conf/all/forwarding' : '/proc/sys/net/ipv4/ip_forward';
}

/** The same as sysctl(8) names it. */
export function forwardingSetting(address: string): string {
  return fileFor(address).slice('/proc/sys/'.length).replaceAll('/', '.');
}

/** Whether the kernel passes packets of this address's family on. */
export async function isForwarding(address: string): Promise<boolean> {
  return (await readFile(fileFor(address), 'utf8')).trim() !== '0';
}

/**
 * Lets the kernel pass packets on; answers how to undo it, or null where it does so already
 * by somebody else's wish (`isLeftOpen`: by ours, before we were killed). Throws with what to do
 * where that is not allowed.
 */
export async function openForwarding(
  address: string,
  isLeftOpen: boolean,
): Promise<(() => Promise<void>) | null> {
  const file = fileFor(address);
  if (await isForwarding(address)) return isLeftOpen ? () => writeFile(file, '0') : null;
  try {
    await writeFile(file, '1');
  } catch (error) {
    const remedy = `sysctl -w ${forwardingSetting(address)}=1`;
    throw new Error(`packets are not forwarded and this cannot be changed here: ${remedy}`, { cause: error });
  }
  return () => writeFile(file, '0');
}

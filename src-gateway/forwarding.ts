import { readFile, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { runIp } from '../src-node/wireguard/network-interface.ts';
import { type Family, familyName } from './family.ts';

/** The setting of the kernel for packets of this family. */
function fileFor(family: Family): string {
  return family === 'ipv6' ? '/proc/sys/net/ipv6/conf/all/forwarding' : '/proc/sys/net/ipv4/ip_forward';
}

/** The same as sysctl(8) names it. */
function settingFor(family: Family): string {
  return fileFor(family).slice('/proc/sys/'.length).replaceAll('/', '.');
}

/** The content of a kernel setting without its line break; null where this kernel has it not. */
async function readSetting(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Whether the kernel passes packets of this family on. One that has it not passes none. */
export async function isForwarding(family: Family): Promise<boolean> {
  return !['0', null].includes(await readSetting(fileFor(family)));
}

/**
 * Of these interfaces, those whose IPv4 packets go no further although the host forwards: each has a word of its own.
 * In IPv6 the host's word is the only one.
 */
export async function closedInterfaces(interfaces: readonly string[]): Promise<string[]> {
  const words = await Promise.all(
    interfaces.map((name) => readSetting(`/proc/sys/net/ipv4/conf/${name}/forwarding`)),
  );
  return interfaces.filter((_, index) => words[index] === '0');
}

/** Why this host has no IPv6 on an interface, and what to do; null where it may have. */
export async function whyNoIpv6(interfaceName: string): Promise<{ why: string; remedy: string } | null> {
  if ((await readSetting(fileFor('ipv6'))) === null)
    return { why: 'its kernel has no IPv6', remedy: 'Start the kernel without ipv6.disable=1.' };
  if ((await readSetting(`/proc/sys/net/ipv6/conf/${interfaceName}/disable_ipv6`)) !== '1') return null;
  const settings = ['all', 'default', interfaceName].map((name) => `net/ipv6/conf/${name}/disable_ipv6=0`);
  return { why: 'IPv6 is turned off', remedy: `sysctl -w ${settings.join(' ')}, and in /etc/sysctl.d` };
}

/** What to run so that the kernel passes packets of this family on, without a host losing its own way out. */
export async function forwardingRemedy(family: Family): Promise<string> {
  const first = (await announcedOn(family)).map((name) => `net/ipv6/conf/${name}/accept_ra=2`);
  return `sysctl -w ${[...first, `${settingFor(family)}=1`].join(' ')}, and the same in /etc/sysctl.d`;
}

const routes = z.array(z.object({ dev: z.string().optional() }));

/**
 * The interfaces whose default route a router announces to the kernel: unless `accept_ra` is 2 there, it forgets that
 * route as soon as it forwards IPv6.
 */
async function announcedOn(family: Family): Promise<string[]> {
  if (family === 'ipv4') return [];
  const listed = await runIp(['-6', '-j', 'route', 'show', 'default', 'proto', 'ra']);
  if (!listed.ok) throw new Error(`the routes cannot be read: ${listed.message}`);
  const found = routes.parse(JSON.parse(listed.stdout || '[]')).flatMap(({ dev }) => (dev ? [dev] : []));
  const names = [...new Set(found)];
  const words = await Promise.all(
    names.map((name) => readSetting(`/proc/sys/net/ipv6/conf/${name}/accept_ra`)),
  );
  return names.filter((_, index) => words[index] === '1');
}

/**
 * Whether it takes `openForwarding` for the kernel to pass packets of this family on. Throws with what to do where that
 * would cost the host its own way out.
 */
export async function needsForwarding(family: Family): Promise<boolean> {
  if (await isForwarding(family)) return false;
  if ((await announcedOn(family)).length === 0) return true;
  throw new Error(
    `${familyName[family]} packets are not forwarded, and with it this host would lose its own router: ${await forwardingRemedy(family)}`,
  );
}

/** Lets the kernel pass packets of this family on. Throws with what to do where that is not allowed. */
export async function openForwarding(family: Family): Promise<void> {
  try {
    await writeFile(fileFor(family), '1');
  } catch (error) {
    throw new Error(
      `${familyName[family]} packets are not forwarded and this cannot be changed here: ${await forwardingRemedy(family)}`,
      { cause: error },
    );
  }
}

/** Undoes it. */
export function closeForwarding(family: Family): Promise<void> {
  return writeFile(fileFor(family), '0');
}

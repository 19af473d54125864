import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { findProgram, runProgram } from '../../src-node/run-program.ts';
import { openWgDevice } from '../../src-node/wireguard/open-device.ts';
import type { HelperConfig } from '../config.ts';
import type { Platform, TunnelInterface } from '../platform.ts';
import { loadLibc } from './libc.ts';
import { setLink } from './netlink-message.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import type { Ipv6 } from './network-plan.ts';
import { NftGuard } from './nft-guard.ts';
import { Resolver } from './resolver.ts';
import { ReversePath } from './reverse-path.ts';
import { LinuxNetwork } from './session-network.ts';
import { StateFile } from './state-file.ts';
import { removeLeftovers, TunnelNetwork } from './tunnel-network.ts';
import { UnixCallers } from './unix-callers.ts';

export interface LinuxPlatformOptions {
  config: HelperConfig;
  /** Whether traffic is held back. */
  isGuarded: () => boolean;
  log: Logger;
}

/** What boots with the computer: loaded by the unit `postern-guard.service`. */
export const GUARD_BOOT_FILE = 'guard.nft';

/** Hands over what this system has. */
export async function openLinuxPlatform(options: LinuxPlatformOptions): Promise<Platform> {
  const { config, isGuarded, log } = options;
  const { interface: interfaceName, stateDir } = config;
  const libc = loadLibc();
  const netlink = new NetlinkSocket(libc);
  const state = new StateFile(join(stateDir, 'helper-state.json'));
  const names = new Resolver({ interfaceName, run: runProgram, writeDns: (dns) => state.update({ dns }) });
  const reversePath = new ReversePath();
  const recover = async () => {
    removeLeftovers(netlink);
    await names.recover((await state.read()).dns);
    await reversePath.recover();
  };

  const openInterface = async (): Promise<TunnelInterface> => {
    const device = await openWgDevice({ interfaceName, log });
    const interfaceIndex = libc.interfaceIndex(interfaceName);
    const [reply] = netlink.exchange([setLink(interfaceIndex, 1420)]);
    if (reply?.error) throw new Error(`the interface ${interfaceName} does not come up: ${reply.error}`);
    // Opens the connection to the device, so that the first tunnel does not wait for it.
    await device.apply({ replacePeers: true });
    const network = new TunnelNetwork({ netlink, interfaceIndex });
    return {
      device,
      network: new LinuxNetwork({ network, ipv6: ipv6On(interfaceName), reversePath, isGuarded }),
    };
  };
  const bootFile = join(stateDir, GUARD_BOOT_FILE);
  const guard = new NftGuard({ netlink, interfaceName, bootFile, log });
  const gid = await groupId(config.group);
  if (gid === null)
    log.warn({ group: config.group }, 'no such group: only root and the listed users may call');
  const rule = { uids: config.allowUids, gid };
  const callers = new UnixCallers({ socketPath: config.socket, rule, libc });
  return { recover, openInterface, names, guard, callers };
}

/** A kernel without IPv6 has no such folder; a system that turns it off for new interfaces may have it on others. */
function ipv6On(interfaceName: string): Ipv6 {
  if (!existsSync('/proc/sys/net/ipv6')) return 'none';
  const setting = `/proc/sys/net/ipv6/conf/${interfaceName}/disable_ipv6`;
  return existsSync(setting) && readFileSync(setting, 'utf8').trim() === '0' ? 'here' : 'elsewhere';
}

/** Asks the system, which may know groups that are not in /etc/group; null when there is none of this name. */
async function groupId(name: string): Promise<number | null> {
  const path = findProgram('getent');
  if (path === null) return null;
  const result = await runProgram({ path, args: ['group', name] });
  const gid = result.ok ? Number(result.stdout.split(':')[2]) : Number.NaN;
  return Number.isInteger(gid) ? gid : null;
}

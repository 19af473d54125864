import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { runProgram } from '../../src-node/run-program.ts';
import { openWgDevice } from '../../src-node/wireguard/open-device.ts';
import { loadLibc } from '../libc.ts';
import { DnsSettings } from './dns-settings.ts';
import { LinuxTunnel, type TunnelInterface } from './linux-tunnel.ts';
import { setLink } from './netlink-message.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { removeLeftovers, TunnelNetwork } from './network.ts';
import { Resolver } from './resolver.ts';
import { ReversePath } from './reverse-path.ts';
import { StateFile } from './state-file.ts';

export interface LinuxTunnelSettings {
  interfaceName: string;
  stateDir: string;
  now: () => number;
  monotonicNow: () => number;
  log: Logger;
}

/** Undoes what a killed process left, makes the interface, and hands over the tunnel. Rejects when that fails. */
export async function openLinuxTunnel(settings: LinuxTunnelSettings): Promise<LinuxTunnel> {
  const { interfaceName, stateDir, now, monotonicNow, log } = settings;
  const libc = loadLibc();
  const netlink = new NetlinkSocket(libc);
  const state = await StateFile.open(join(stateDir, 'helper-state.json'));
  const resolver = new Resolver({ interfaceName, run: runProgram, writeDns: (dns) => state.update({ dns }) });
  removeLeftovers(netlink);
  await resolver.recover(state.state.dns);
  const reversePath = new ReversePath(runProgram);
  await reversePath.recover();

  const open = async (): Promise<TunnelInterface> => {
    const device = await openWgDevice({ interfaceName, log });
    const interfaceIndex = libc.interfaceIndex(interfaceName);
    const [reply] = netlink.exchange([setLink(interfaceIndex, 1420)]);
    if (reply?.error) throw new Error(`the interface ${interfaceName} does not come up: ${reply.error}`);
    // Opens the connection to the device, so that the first tunnel does not wait for it.
    await device.apply({ replacePeers: true });
    const network = new TunnelNetwork({ netlink, interfaceIndex });
    return { device, network, hasIpv6: hasIpv6(interfaceName) };
  };
  const dns = (onChange: () => void) => new DnsSettings(resolver, log, onChange);
  const tunnel = new LinuxTunnel({ open, dns, reversePath, now, monotonicNow, log });
  await tunnel.prepare();
  return tunnel;
}

/** Whether the kernel runs IPv6 on this interface; a system without it has no such file. */
function hasIpv6(interfaceName: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv6/conf/${interfaceName}/disable_ipv6`, 'utf8').trim() === '0';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

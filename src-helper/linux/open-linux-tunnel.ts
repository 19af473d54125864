import { existsSync, readFileSync } from 'node:fs';
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
import type { Ipv6 } from './network-plan.ts';
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
    return { device, network, ipv6: ipv6On(interfaceName) };
  };
  const dns = (onChange: () => void) => new DnsSettings(resolver, log, onChange);
  const tunnel = new LinuxTunnel({ open, dns, reversePath, now, monotonicNow, log });
  await tunnel.prepare();
  return tunnel;
}

/** A kernel without IPv6 has no such folder; a system that turns it off for new interfaces may have it on others. */
function ipv6On(interfaceName: string): Ipv6 {
  if (!existsSync('/proc/sys/net/ipv6')) return 'none';
  const setting = `/proc/sys/net/ipv6/conf/${interfaceName}/disable_ipv6`;
  return existsSync(setting) && readFileSync(setting, 'utf8').trim() === '0' ? 'here' : 'elsewhere';
}

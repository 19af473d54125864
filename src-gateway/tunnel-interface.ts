import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Logger } from 'pino';
import type { WgDevice } from '../src-node/wireguard/device.ts';
import { runIp } from '../src-node/wireguard/network-interface.ts';
import { openWgDevice } from '../src-node/wireguard/open-device.ts';
import type { GatewayConfig } from './config.ts';

/** wireguard-go keeps quiet about a port that is taken: ask before, so that the mistake has a name. */
async function checkPortIsFree(port: number): Promise<void> {
  const socket = createSocket({ type: 'udp6', ipv6Only: false });
  try {
    socket.bind({ port, exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw new Error(`UDP port ${port} is in use by another program`, { cause: error });
    // Without IPv6 the question cannot be asked this way; the tunnel itself will tell.
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error;
  } finally {
    socket.close();
  }
}

async function ip(args: string[]): Promise<void> {
  const result = await runIp(args);
  if (!result.ok) throw new Error(`ip ${args.join(' ')}: ${result.stderr.trim() || result.message}`);
}

/** The tunnel's interface with its key, port and address, up, and without peers. Throws when any part is refused. */
export async function openTunnelInterface(
  config: GatewayConfig,
  privateKey: string,
  log: Logger,
): Promise<WgDevice> {
  const { interfaceName, listenPort, address, mtu, preferKernel } = config;
  const device = await openWgDevice({ interfaceName, preferKernel, log });
  try {
    await checkPortIsFree(listenPort);
    await device.apply({ privateKey, listenPort, replacePeers: true });
    await ip(['address', 'replace', address, 'dev', interfaceName]);
    await ip(['link', 'set', 'dev', interfaceName, 'mtu', String(mtu), 'up']);
    return device;
  } catch (error) {
    await device.close();
    throw error;
  }
}

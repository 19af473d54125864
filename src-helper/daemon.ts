import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { findProgram, runProgram } from '../src-node/run-program.ts';
import type { HelperConfig } from './config.ts';
import { Controller } from './controller.ts';
import { LeaseHistory } from './lease-history.ts';
import { LeaseVerifier } from './lease-verifier.ts';
import { loadLibc } from './libc.ts';
import { openLinuxTunnel } from './linux/open-linux-tunnel.ts';
import { RpcServer } from './rpc-server.ts';
import { TrustedServers } from './trusted-servers.ts';
import { warmUp } from './warm-up.ts';

export interface Daemon {
  /** Takes tunnel, interface, DNS settings and socket away. */
  close(): Promise<void>;
}

/** Starts the helper; it is ready when the promise resolves. Rejects with a reason that a person can act on. */
export async function startDaemon(config: HelperConfig, log: Logger): Promise<Daemon> {
  if (process.platform !== 'linux') throw new Error('the helper runs on Linux only, so far');
  const clocks = { now: () => Date.now(), monotonicNow: () => performance.now() };
  await mkdir(config.stateDir, { recursive: true, mode: 0o700 });
  const history = await LeaseHistory.open({
    file: join(config.stateDir, 'lease-history.json'),
    now: clocks.now,
    onWriteError: (error) => log.error({ err: error }, 'the lease history could not be written'),
  });
  const trustedServers = new TrustedServers(config.trustedServers);
  const verifier = new LeaseVerifier({ trustedServers, history, ...clocks });
  const gid = await groupId(config.group);
  if (gid === null)
    log.warn({ group: config.group }, 'no such group: only root and the listed users may call');
  const { interface: interfaceName, stateDir } = config;
  const tunnel = await openLinuxTunnel({ interfaceName, stateDir, ...clocks, log });
  await warmUp(clocks.now);
  const controller = new Controller({ tunnel, verifier, history, log });
  const server = new RpcServer({
    socketPath: config.socket,
    rule: { uids: config.allowUids, gid },
    controller,
    libc: loadLibc(),
    log,
  });
  const close = async () => {
    await server.close();
    await tunnel.close();
    await history.settled();
  };
  try {
    await server.listen();
  } catch (error) {
    await tunnel.close();
    throw error;
  }
  log.info({ socket: config.socket, interfaceName }, 'ready');
  return { close };
}

/** Asks the system, which may know groups that are not in /etc/group; null when there is none of this name. */
async function groupId(name: string): Promise<number | null> {
  const path = findProgram('getent');
  if (path === null) return null;
  const result = await runProgram({ path, args: ['group', name] });
  const gid = result.ok ? Number(result.stdout.split(':')[2]) : Number.NaN;
  return Number.isInteger(gid) ? gid : null;
}

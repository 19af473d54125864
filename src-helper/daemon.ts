import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { HelperConfig } from './config.ts';
import { Controller } from './controller.ts';
import { DnsSettings } from './dns-settings.ts';
import { GUARD_FILE } from './guard/guard-file.ts';
import { GuardKeeper } from './guard/guard-keeper.ts';
import { guardVerifier } from './guard/guard-verifier.ts';
import { LeaseHistory } from './lease-history.ts';
import { leaseKeyTaker } from './lease-key-taker.ts';
import { LeaseVerifier } from './lease-verifier.ts';
import { openLinuxPlatform } from './linux/linux-platform.ts';
import { RpcServer } from './rpc-server.ts';
import { Session } from './session.ts';
import { TrustedServers } from './trusted-servers.ts';
import { warmUp } from './warm-up.ts';

export interface Daemon {
  /** Takes tunnel, interface, DNS settings and socket away. What is held back stays so. */
  close(): Promise<void>;
}

/** Starts the helper; it is ready when the promise resolves. Rejects with a reason that a person can act on. */
export async function startDaemon(config: HelperConfig, log: Logger): Promise<Daemon> {
  if (process.platform !== 'linux') throw new Error('the helper runs on Linux only, so far');
  const { stateDir, interface: interfaceName } = config;
  const clocks = { now: () => Date.now(), monotonicNow: () => performance.now() };
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const trustedServers = new TrustedServers(config.trustedServers, {
    onFollowError: (error) =>
      log.error({ err: error }, 'the new key of a server could not be written down; the old one counts, too'),
  });
  let guard: GuardKeeper | null = null;
  let tunnel: Session | null = null;
  const isGuarded = () => guard !== null && guard.mode !== 'off';
  const platform = await openLinuxPlatform({ config, isGuarded, log });
  // Before anything else that may fail: what is held back stays so.
  guard = await GuardKeeper.open({
    file: join(stateDir, GUARD_FILE),
    rules: platform.guard,
    verify: guardVerifier(trustedServers),
    isTrusted: (issuer) => isTrusted(trustedServers, issuer),
    isTunnelAlive: () => tunnel?.isAlive ?? false,
    ...clocks,
    log,
  });
  await platform.recover();
  const history = await LeaseHistory.open({
    file: join(stateDir, 'lease-history.json'),
    now: clocks.now,
    onWriteError: (error) => log.error({ err: error }, 'the lease history could not be written'),
  });
  const verifier = new LeaseVerifier({ trustedServers, history, ...clocks });
  tunnel = new Session({
    open: platform.openInterface,
    dns: (onChange) => new DnsSettings(platform.names, log, onChange),
    attachment: () => platform.guard.attachment(),
    ...clocks,
    log,
  });
  followEachOther(tunnel, guard, log);
  await tunnel.prepare();
  await warmUp(clocks.now);
  const takeLeaseKey = leaseKeyTaker({ trustedServers, now: clocks.now });
  const controller = new Controller({ tunnel, verifier, history, guard, takeLeaseKey, log });
  const server = new RpcServer({ callers: platform.callers, controller, log });
  const close = async () => {
    await server.close();
    await tunnel.close();
    await guard.close();
    await history.settled();
    await trustedServers.settled();
  };
  try {
    await server.listen();
    // From here on a release comes over the socket; one that came before may have found nobody there.
    await guard.reload();
  } catch (error) {
    await tunnel.close();
    await guard.close();
    throw error;
  }
  log.info({ socket: config.socket, interfaceName }, 'ready');
  return { close };
}

/** A list that cannot be read frees nothing. */
function isTrusted(trustedServers: TrustedServers, issuer: string): boolean {
  const servers = trustedServers.list();
  return !servers.ok || servers.value.some((server) => server.issuer === issuer);
}

/** What is held back depends on whether the tunnel is up, and the tunnel's routes on whether anything is held back. */
function followEachOther(tunnel: Session, guard: GuardKeeper, log: Logger): void {
  tunnel.onChange(() => guard.follow());
  let wasGuarded = guard.mode !== 'off';
  guard.onChange(() => {
    const isGuarded = guard.mode !== 'off';
    if (isGuarded === wasGuarded) return;
    wasGuarded = isGuarded;
    tunnel.reroute().then(
      (rerouted) => {
        if (!rerouted.ok) log.error({ problem: rerouted.problem }, 'the tunnel does not fit the network');
      },
      (error: unknown) => log.error({ err: error }, 'the routes of the tunnel could not be set anew'),
    );
  });
}

import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { ClientCore } from './core.ts';
import { ClientRuntime } from './core-runtime.ts';
import { createKeychain, type Keychain } from './keychain/keychain.ts';
import { linuxAttachment, readKernelFile } from './network/attachment.ts';
import { knockTcp, measureRoundTrip } from './network/round-trip.ts';
import type { RoundTripsOptions } from './network/round-trips.ts';
import { webProxyFor } from './network/web-proxy.ts';
import { defaultProfileFolder } from './settings/profile-lock.ts';
import { systemWatch } from './system/system-watch.ts';
import { systemBusAddress } from './system-bus.ts';
import { DEFAULT_HELPER_SOCKET } from './tunnel/helper-client.ts';
import { createPolkitProvider } from './unlock/polkit.ts';
import type { UnlockProvider } from './unlock/provider.ts';
import { type StartTimer, startTimer } from './unlock/system-prompt.ts';

/** What the client core takes from outside; everything but `log` has the value of a real client. */
export interface ClientCoreOptions {
  log: Logger;
  /** Settings and lock; default `$XDG_CONFIG_HOME/postern`. */
  profileFolder?: string;
  helperSocket?: string;
  /** Who must own the helper's socket; default root. */
  helperOwnerUid?: number;
  keychain?: Keychain;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Milliseconds, never set back. */
  monotonic?: () => number;
  /** Uniform in [0, 1). */
  random?: () => number;
  env?: Record<string, string | undefined>;
  platform?: string;
  /** Names the network that the computer is attached to; null where it has no name. */
  attachment?: () => string | null;
  /** How near a gateway is, by its endpoint: milliseconds, null without an answer. */
  measure?: RoundTripsOptions['measure'];
  /** How this computer is called in the list of devices. */
  deviceName?: string;
  /** An installed app asks the environment for nothing that it has to trust; default true. */
  isPackaged?: boolean;
  /** Goes into every signed statement. */
  appVersion?: string;
  /** Ways to ask the user that only the shell has, best first; polkit is added on Linux. */
  providers?: readonly UnlockProvider[];
  /** Limits how long the system's question stays open. */
  timer?: StartTimer;
}

/** Puts the client together. Nothing happens before `start`. */
export function createClientCore(options: ClientCoreOptions): ClientCore {
  const { log, env = process.env, platform = process.platform, isPackaged = true } = options;
  const uid = process.getuid?.() ?? 0;
  const providers: UnlockProvider[] = [...(options.providers ?? [])];
  if (platform === 'linux')
    providers.push(
      createPolkitProvider({
        busAddress: () => systemBusAddress({ isPackaged, env }),
        uid,
        log,
      }),
    );
  const { monotonic = () => performance.now() } = options;
  return new ClientRuntime({
    log,
    profileFolder: options.profileFolder ?? defaultProfileFolder(env),
    helperSocket: options.helperSocket ?? env.POSTERN_HELPER_SOCKET ?? DEFAULT_HELPER_SOCKET,
    helperOwnerUid: options.helperOwnerUid ?? 0,
    keychain: options.keychain ?? createKeychain({ platform, env, log }),
    now: options.now ?? Date.now,
    monotonic,
    random: options.random ?? Math.random,
    platform,
    deviceName: options.deviceName ?? hostname(),
    appVersion: (options.appVersion ?? '0').slice(0, 40),
    proxyFor: (serverUrl) => webProxyFor(serverUrl, env),
    attachment: options.attachment ?? (() => (platform === 'linux' ? linuxAttachment(readKernelFile) : null)),
    measure:
      options.measure ??
      ((endpoint, signal) => measureRoundTrip(endpoint, signal, { monotonic, knock: knockTcp })),
    providers,
    timer: options.timer ?? startTimer,
    watchSystem: systemWatch({ platform, isPackaged, env, uid, log }),
  });
}

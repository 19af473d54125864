import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { ok, type Result } from '../src-shared/problem.ts';
import { startBackground } from './background.ts';
import type { CoreParts } from './core-parts.ts';
import type { Keychain } from './keychain/keychain.ts';
import { watchNetwork } from './network/network-watch.ts';
import { RoundTrips, type RoundTripsOptions } from './network/round-trips.ts';
import { SessionKeeper, type SessionKeeperOptions } from './session/session-keeper.ts';
import { SignIn } from './session/sign-in.ts';
import { lockProfile } from './settings/profile-lock.ts';
import { openSettings, type SettingsStore } from './settings/settings-store.ts';
import { withinStopLimit } from './stop-limit.ts';
import type { UnlockProvider } from './unlock/provider.ts';
import type { StartTimer } from './unlock/system-prompt.ts';
import { Unlock } from './unlock/unlock.ts';

export interface ProfileOptions {
  log: Logger;
  profileFolder: string;
  keychain: Keychain;
  now: () => number;
  monotonic: () => number;
  random: () => number;
  platform: string;
  deviceName: string;
  appVersion: string;
  proxyFor: SessionKeeperOptions['proxyFor'];
  measure: RoundTripsOptions['measure'];
  /** Best first. */
  providers: readonly UnlockProvider[];
  timer: StartTimer;
}

/** What there is once the profile is ours. */
export interface OpenProfile {
  settings: SettingsStore;
  session: SessionKeeper;
  signIn: SignIn;
  unlock: Unlock;
  roundTrips: RoundTrips;
  close(): Promise<void>;
}

/** Takes the lock and joins the parts that need the profile. A refusal is shown: another client holds it. */
export async function openProfile(options: ProfileOptions, parts: CoreParts): Promise<Result<OpenProfile>> {
  const { profileFolder, keychain, now, monotonic, random, log, platform, deviceName } = options;
  const { publisher, driver, helper, guard, overlap, leaseKeys, tunnelHeard } = parts;
  const lock = lockProfile(profileFolder);
  if (!lock.ok) {
    const refusal = { phase: 'disconnected', cause: lock.problem, reason: null, source: null } as const;
    publisher.publish({ connection: refusal });
    return lock;
  }
  const settings = await openSettings({ folder: profileFolder, now, newId: randomUUID, log });
  overlap.open(settings);
  const session = new SessionKeeper({
    ...{ settings, keychain, driver, guard, leaseKeys, publisher, now, monotonic, random, log },
    proxyFor: options.proxyFor,
  });
  const openRest = session.openRest.bind(session);
  const signIn = new SignIn({ settings, keychain, openRest, deviceName, platform });
  const unlock = createUnlock(options, parts, settings, session);
  const background = startBackground({
    driver,
    helper,
    guard,
    session,
    now,
    monotonic,
    log,
    onTunnel: tunnelHeard,
  });
  const roundTrips = new RoundTrips({
    ...{ measure: options.measure, monotonic },
    isPathFree: () =>
      driver.machine.view.phase === 'disconnected' && publisher.current.tunnel?.phase === 'down',
    onFigures: (figures) => {
      publisher.publish({ roundTrips: figures });
      session.news.gatewaysHeard();
    },
  });
  const network = watchNetwork({
    interfaces: networkInterfaces,
    ownAddresses: () => driver.machine.lease?.addresses ?? [],
    onChanged() {
      log.info('the network changed');
      roundTrips.networkChanged();
      driver.feed({ type: 'network-changed' });
    },
  });
  helper.start();
  publisher.publish({ connection: driver.machine.view });
  if (settings.notice) publisher.notify('settings-damaged', settings.notice);
  void unlock.lookAtProviders();
  return ok({
    settings,
    session,
    signIn,
    unlock,
    roundTrips,
    async close() {
      background.stop();
      network.stop();
      roundTrips.abandon();
      unlock.abandon();
      await withinStopLimit(Promise.all([session.close(), signIn.close()]));
      await settings.flush();
      lock.value.release();
    },
  });
}

function createUnlock(
  options: ProfileOptions,
  { publisher }: CoreParts,
  settings: SettingsStore,
  session: SessionKeeper,
): Unlock {
  const { providers, profileFolder, appVersion, keychain, now, timer, log } = options;
  return new Unlock({
    ...{ providers, profileFolder, appVersion, keychain, timer, log, settings, session },
    serverNow: () => now() + (publisher.current.clockOffsetMs ?? 0),
    onKeychain: (state) => {
      if (publisher.current.keychain !== state) publisher.publish({ keychain: state });
    },
    onProviders: (states) =>
      publisher.publish({ unlock: { ...publisher.current.unlock, providers: states } }),
  });
}

import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Reason } from '../../src-shared/challenge.ts';
import type { DeviceSummary, GuardAnswer } from '../../src-shared/client-api.ts';
import { splitEndpoint } from '../../src-shared/primitives.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import type { Driver } from '../connection/driver.ts';
import { keepAddresses } from '../control/kept-addresses.ts';
import { createRest, type Rest } from '../control/rest.ts';
import { type TlsTrust, TlsTrusts } from '../control/tls-trust.ts';
import type { GuardKeeper } from '../guard/guard-keeper.ts';
import type { Keychain } from '../keychain/keychain.ts';
import type { Account } from '../settings/settings.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { SnapshotPublisher } from '../snapshot/snapshot-publisher.ts';
import type { LeaseKeyHandover } from './lease-key-handover.ts';
import { ServerNews } from './server-news.ts';
import { createSessionLink, type SessionLink } from './session-link.ts';
import { deleteToken, loadToken } from './session-token.ts';
import type { OpenSession } from './sign-in.ts';

export interface SessionKeeperOptions {
  settings: SettingsStore;
  keychain: Keychain;
  driver: Pick<Driver, 'feed' | 'setLink'>;
  guard: GuardKeeper;
  leaseKeys: LeaseKeyHandover;
  publisher: SnapshotPublisher;
  /** Of the environment, for this server; null: none. */
  proxyFor: (serverUrl: string) => string | null;
  now: () => number;
  monotonic: () => number;
  random: () => number;
  log: Logger;
}

const SIGNED_OUT_HERE = 'You are signed out on this computer, but the server could not be told.';
const STILL_HELD =
  'What is held back stays held back until the server is reached or an administrator of this computer releases it: sudo postern-helper release';
/** How long the session outlasts a sign-out while traffic is held back: for the server's word that ends that. */
const LAST_WORD_MS = 3_000;

/** The session while it lasts: its link to the server, what the server tells of it, and how it ends. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #trusts = new TlsTrusts();
  readonly #lookup: LookupFunction;
  readonly news: ServerNews;
  #link: SessionLink | null = null;
  #forgetting: Promise<void> = Promise.resolve();
  #restoring: Promise<Result<void>> | null = null;
  #keyringWatch: { stop(): void } | null = null;
  /** While this client ends the session itself, once the server's last word is with the helper. */
  #ending: { hasServerEndedIt: boolean } | null = null;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.news = new ServerNews({
      ...options,
      onSessionEnded: (reason) => this.#endedByServer(reason),
    });
    this.#lookup = keepAddresses({ reserve: () => options.guard.control.map(addressOf) });
  }

  get link(): SessionLink | null {
    return this.#link;
  }

  /** A REST client for any server, with the trust that was asked for; `invalid-request` when `caPem` holds nothing. */
  openRest(serverUrl: string, caPem: string | null): Result<Rest> {
    const trust = this.#trusts.of(caPem);
    return trust.ok ? ok(this.#rest(serverUrl, trust.value)) : trust;
  }

  #rest(serverUrl: string, trust: TlsTrust): Rest {
    const { proxyFor, now, monotonic } = this.#options;
    return createRest({ serverUrl, trust, lookup: this.#lookup, proxy: proxyFor(serverUrl), now, monotonic });
  }

  /**
   * Picks up the session of the last run, if keychain and settings both know it. While the keyring is locked, the
   * snapshot names what waits in it, and the session is picked up as soon as somebody opens it.
   */
  restore(): Promise<Result<void>> {
    if (this.#link) return Promise.resolve(ok(undefined));
    this.#restoring ??= this.#restoreOnce().finally(() => {
      this.#restoring = null;
    });
    return this.#restoring;
  }

  async #restoreOnce(): Promise<Result<void>> {
    const { settings, keychain, publisher } = this.#options;
    const { account, profileId } = settings.current;
    const { state, token } = await loadToken(keychain, profileId, account?.serverUrl ?? '');
    if (publisher.current.keychain !== state) publisher.stage({ keychain: state });
    if (account && token !== null) {
      this.#waitForKeyring(null);
      return this.establish({ account, token });
    }
    // A keyring that is started anew is away for a moment.
    const isShut = state === 'locked' || (state === 'unavailable' && this.#keyringWatch !== null);
    this.#waitForKeyring(isShut ? account : null);
    publisher.publish();
    if (account && state === 'locked') return fail('keychain-locked');
    if (account && state === 'unavailable') return fail('keychain-unavailable');
    return fail('signed-out');
  }

  /** Null: there is nothing to wait for, or no more. */
  #waitForKeyring(account: Account | null): void {
    const { keychain, publisher, log } = this.#options;
    if (account === null) {
      this.#keyringWatch?.stop();
      this.#keyringWatch = null;
      if (publisher.current.lockedSession) publisher.stage({ lockedSession: null });
      return;
    }
    if (this.#keyringWatch) return;
    log.info('the keyring is locked: waiting for it to be opened');
    this.#keyringWatch = keychain.watch(() => void this.restore());
    const { serverUrl, serverName, email } = account;
    publisher.stage({ lockedSession: { serverUrl, serverName, email } });
  }

  /** Opens the channel and tells the machine that there is a session. */
  establish(session: OpenSession): Result<void> {
    const { account } = session;
    const { settings, driver, guard, leaseKeys, publisher, random, monotonic, log } = this.#options;
    const trust = this.#trusts.of(account.caPem);
    if (!trust.ok) return trust;
    let hellos = 0;
    const link = createSessionLink({
      session,
      rest: this.#rest(account.serverUrl, trust.value),
      trust: trust.value,
      lookup: this.#lookup,
      lastSeq: settings.current.lastSeq[account.deviceId] ?? 0,
      ...{ random, monotonic, log, leaseKeys },
      events: {
        onState: (channel) => {
          publisher.publish({ channel });
          if (channel === 'open') return;
          guard.channelLost();
          driver.feed({ type: 'channel.lost' });
        },
        onHello: (hello) => {
          this.news.time(Date.parse(hello.serverTime), this.#options.now());
          driver.feed({ type: 'channel.opened', epoch: hello.epoch });
          guard.channelOpened();
          hellos += 1;
          // What changed while nothing was heard: gateways, policy.
          if (hellos > 1) void this.refresh();
        },
        onGateway: (gateway) => {
          this.news.gateway(gateway);
          if (gateway.isEdited) void this.refresh();
        },
        onFrame: (frame) => this.news.frame(frame),
        onSeq: (seq) =>
          settings.change({ lastSeq: { ...settings.current.lastSeq, [account.deviceId]: seq } }),
        onSessionEnded: () => this.#endedByServer(null),
        onStopped: (cause) => driver.feed({ type: 'channel.stopped', problem: cause }),
      },
    });
    this.#link = link;
    this.#waitForKeyring(null);
    driver.setLink(link);
    guard.begin(link);
    const { serverUrl, serverName, email, memberId, deviceId } = account;
    publisher.stage({ account: { serverUrl, serverName, email, memberId, deviceId }, keychain: 'ok' });
    driver.feed({ type: 'signed-in' });
    publisher.publish();
    link.channel.open();
    void this.refresh();
    return ok(undefined);
  }

  /** Gateways, policy and clock, as the server has them now. */
  async refresh(): Promise<Result<void>> {
    const link = this.#link;
    if (!link) return fail('signed-out');
    const askedAt = this.#options.now();
    const me = await link.me();
    if (me.ok && link === this.#link) this.news.me(me.value, askedAt);
    if (!me.ok && me.problem.code === 'session-invalid' && link === this.#link) this.#endedByServer(null);
    return me.ok ? ok(undefined) : me;
  }

  async devices(): Promise<Result<DeviceSummary[]>> {
    const link = this.#link;
    return link ? link.rest.devices(link.token) : fail('signed-out');
  }

  /** Removing this one ends the session here as well. */
  async removeDevice(deviceId: string): Promise<Result<void>> {
    const link = this.#link;
    if (!link) return fail('signed-out');
    const isThis = deviceId === link.account.deviceId;
    const ending = { hasServerEndedIt: false };
    if (isThis) this.#ending = ending;
    const removed = await this.#lastWord(link.rest.removeDevice(deviceId, link.token));
    this.#ending = null;
    const isOver = removed.ok ? isThis : removed.problem.code === 'session-invalid';
    if (isOver || ending.hasServerEndedIt) await this.#endHere(link);
    return removed.ok ? ok(undefined) : removed;
  }

  /** Ends the session here, whether or not the server can be told: at once, or within 3 s if traffic is held back. */
  async signOut(): Promise<Result<void>> {
    const link = this.#link;
    if (!link) return fail('signed-out');
    const { isInForce } = this.#options.guard;
    const told = this.#lastWord(link.rest.signOut(link.token));
    this.#ending = { hasServerEndedIt: false };
    if (isInForce) await Promise.race([told, wait(LAST_WORD_MS, undefined, { ref: false })]);
    this.#ending = null;
    await this.#endHere(link);
    const answer = await told;
    if (answer.ok || answer.problem.code === 'session-invalid') return ok(undefined);
    return fail(
      answer.problem.code,
      [SIGNED_OUT_HERE, answer.problem.detail, ...(isInForce ? [STILL_HELD] : [])].join(' '),
    );
  }

  /** The server's answer, once the guard that it may carry is with the helper. */
  async #lastWord(asked: Promise<Result<GuardAnswer | undefined>>): Promise<Result<GuardAnswer | undefined>> {
    const answer = await asked;
    if (answer.ok && answer.value) await this.#options.guard.givenLast(answer.value.guard);
    return answer;
  }

  async #endHere(link: SessionLink): Promise<void> {
    if (link === this.#link) this.#options.driver.feed({ type: 'session-ended', reason: null });
    await this.#forgetting;
  }

  #endedByServer(reason: Reason | null): void {
    if (this.#ending) this.#ending.hasServerEndedIt = true;
    else this.#options.driver.feed({ type: 'session-ended', reason });
  }

  /** Resolves when nothing of an ended session is left in the keychain; before that no new token is put there. */
  forgotten(): Promise<void> {
    return this.#forgetting;
  }

  /** The machine has left the session: nothing of it stays open or stored. */
  forget(): void {
    const { settings, keychain, driver, guard, publisher, log } = this.#options;
    const link = this.#link;
    this.#link = null;
    driver.setLink(null);
    guard.end();
    link?.channel.close();
    // Answers under way are still taken.
    void link?.rest.close();
    settings.change({ account: null });
    const unlock = { ...publisher.current.unlock, enrolled: null };
    publisher.stage({
      account: null,
      gateways: [],
      policy: null,
      channel: 'closed',
      clockOffsetMs: null,
      unlock,
    });
    this.#forgetting = deleteToken(keychain, settings.current.profileId).then((deleted) => {
      if (deleted.ok) {
        publisher.publish({ keychain: 'absent' });
        return;
      }
      log.warn({ code: deleted.problem.code }, 'token not deleted');
      publisher.notify('keychain', `The ended session could not be removed: ${deleted.problem.detail}`);
    });
  }

  /** Closes what is open and keeps the session for the next run. */
  async close(): Promise<void> {
    await this.#restoring;
    this.#waitForKeyring(null);
    const link = this.#link;
    this.#link = null;
    this.#options.driver.setLink(null);
    this.#options.guard.end();
    link?.channel.close();
    await link?.rest.close();
    await this.#forgetting;
  }
}

function addressOf(server: string): LookupAddress {
  const { address } = splitEndpoint(server);
  return { address, family: address.includes(':') ? 6 : 4 };
}

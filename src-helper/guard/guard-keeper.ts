import type { Logger } from 'pino';
import { inTurn } from '../../src-node/in-turn.ts';
import type { GuardClaims, GuardEvent, GuardMode, GuardState } from '../../src-shared/guard.ts';
import { fail, ok, type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type { GuardRules } from '../platform.ts';
import { type Asked, askedOf, type GuardDemand } from './demand.ts';
import { type GuardRecord, readGuardFile, writeGuardFile } from './guard-file.ts';
import { released, withEvent, withGuard } from './known-guards.ts';
import { portalAllowed } from './portal-limit.ts';

/** What could not be done is tried again after this long; what has run out is noticed as soon. */
const LOOK_AGAIN_MS = 5_000;

/** A user of this computer, as the system vouches for it. */
export interface GuardUser {
  user: string;
  isAdministrator: boolean;
}

export interface GuardKeeperOptions {
  file: string;
  rules: GuardRules;
  /** Checks signature and shape; `guard-invalid` or `untrusted-server`. */
  verify: (token: string) => Result<GuardClaims>;
  isTrusted: (issuer: string) => boolean;
  /** Whether the tunnel carries packets: bytes came, and the gateway was heard lately. */
  isTunnelAlive: () => boolean;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds of a clock that nobody can set. */
  monotonicNow: () => number;
  log: Logger;
}

/**
 * Keeps what is asked to be held back, and has the kernel hold it. What is taken is on disk before it is answered;
 * the rules stand without this process. Nothing local loosens a team's word but root, or the user where the team lets them.
 */
export class GuardKeeper {
  readonly #options: GuardKeeperOptions;
  readonly #listeners: (() => void)[] = [];
  #record: GuardRecord;
  #asked: Asked;
  #isTunnelUp = false;
  #since: number | null = null;
  /** Until when the page of a network is open, on both clocks. */
  #portal: { until: number; deadline: number } | null = null;
  /** When one was opened, on the monotonic clock. */
  #opened: readonly number[] = [];
  #lastAttachment: string | null = null;
  /** Why the record is not on disk. */
  #unsaved: string | null = null;
  #failed: Problem | null = null;
  #told = '';
  readonly #inTurn = inTurn();
  #lookTimer: NodeJS.Timeout | undefined;
  #portalTimer: NodeJS.Timeout | undefined;

  private constructor(options: GuardKeeperOptions, record: GuardRecord) {
    this.#options = options;
    this.#record = record;
    this.#asked = this.#ask();
    options.rules.onStale(() => void this.#inOrder(() => this.#enforce()));
  }

  /** Reads what is asked for and puts it in force. Rejects when the file is not to be understood. */
  static async open(options: GuardKeeperOptions): Promise<GuardKeeper> {
    const keeper = new GuardKeeper(options, await readGuardFile(options.file));
    await keeper.#inOrder(() => keeper.#enforce());
    keeper.#lookTimer = setInterval(() => void keeper.#inOrder(() => keeper.#lookAgain()), LOOK_AGAIN_MS);
    return keeper;
  }

  /** Takes up what another process has written down meanwhile. */
  reload(): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#unsaved !== null) return;
      this.#record = await readGuardFile(this.#options.file);
      await this.#enforce();
    });
  }

  get mode(): GuardMode {
    return this.#asked.mode;
  }

  get isAvailable(): boolean {
    return this.#options.rules.isAvailable;
  }

  get events(): GuardEvent[] {
    return this.#record.events;
  }

  stateFor({ user, isAdministrator }: GuardUser): GuardState {
    const { mode, source, until, control, portalMinutes, userMayRelease } = this.#asked;
    const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
    return {
      mode,
      holds: this.#holds(),
      source,
      since: time(this.#since),
      until: time(until === null ? null : until * 1000),
      portalUntil: time(this.#portal?.until ?? null),
      failed: this.#failed,
      control,
      own: this.#record.own[user] ?? 'off',
      portalMinutes: mode === 'off' ? 0 : portalMinutes,
      mayRelease: mode !== 'off' && (isAdministrator || userMayRelease),
    };
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** A server's word. `guard-invalid` where it is not newer than the one before, `guard-failed` where nothing holds. */
  take(token: string): Promise<Result<void>> {
    return this.#inOrder(async () => {
      const read = this.#options.verify(token);
      if (!read.ok) return read;
      const guards = withGuard(this.#record.guards, read.value);
      return guards.ok ? this.#change({ guards: guards.value }) : guards;
    });
  }

  /** What a user wants held back beyond the team's word. */
  choose({ user }: GuardUser, mode: GuardMode): Promise<Result<void>> {
    return this.#inOrder(() => this.#change({ own: this.#ownWith(user, mode) }));
  }

  /**
   * Opens names and web pages for the sign-in page of a network, for as long as the team allows: `portal-refused`. One that
   * is open stays open until its time, and no longer.
   */
  openPortal(): Promise<Result<void>> {
    return this.#inOrder(async () => {
      const { mode, portalMinutes } = this.#asked;
      if (mode === 'off') return fail('portal-refused', 'Nothing is held back.');
      const [now, monotonicNow] = [this.#options.now(), this.#options.monotonicNow()];
      const attachment = this.#options.rules.attachment();
      if (this.#portal && this.#isPortalOpen(this.#portal)) return ok(undefined);
      const allowed = portalAllowed({
        portalMinutes,
        isTunnelUp: this.#isTunnelUp,
        attachment,
        lastAttachment: this.#lastAttachment,
        portals: this.#record.portals,
        opened: this.#opened,
        now,
        monotonicNow,
      });
      if (!allowed.ok) return allowed;
      const lastsMs = portalMinutes * 60_000;
      this.#lastAttachment = attachment;
      this.#portal = { until: now + lastsMs, deadline: monotonicNow + lastsMs };
      this.#opened = [...allowed.value.opened, monotonicNow];
      clearTimeout(this.#portalTimer);
      this.#portalTimer = setTimeout(() => void this.#inOrder(() => this.#enforce()), lastsMs);
      this.#portalTimer.unref();
      const events = withEvent(this.#record.events, 'portal-opened', now);
      return this.#change({ portals: [...allowed.value.portals, now], events });
    });
  }

  /** Frees the computer until a newer word comes: `release-refused` where the user may not. */
  release({ user, isAdministrator }: GuardUser): Promise<Result<void>> {
    return this.#inOrder(() => {
      const { mode, userMayRelease } = this.#asked;
      if (mode === 'off') return ok(undefined);
      const now = this.#options.now();
      if (isAdministrator) return this.#change(released(this.#record, 'released-by-root', now));
      if (!userMayRelease) return fail('release-refused');
      // What others want beyond the team is not this user's to end.
      const own = this.#ownWith(user, 'off');
      return this.#change({ ...released(this.#record, 'released-by-user', now), own });
    });
  }

  /** To be told of every change of the tunnel. */
  follow(): void {
    if (this.#options.isTunnelAlive() !== this.#isTunnelUp) void this.#inOrder(() => this.#enforce());
  }

  /** What is in force stays. */
  async close(): Promise<void> {
    clearInterval(this.#lookTimer);
    clearTimeout(this.#portalTimer);
    this.#options.rules.close();
    await this.#inTurn(() => undefined);
  }

  /** Two changes never overlap. */
  #inOrder<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#inTurn(work);
    result.catch((error: unknown) =>
      this.#options.log.error({ err: error }, 'the guard could not be changed'),
    );
    return result;
  }

  #ownWith(user: string, mode: GuardMode): GuardRecord['own'] {
    const { [user]: _, ...others } = this.#record.own;
    return mode === 'off' ? others : { ...others, [user]: mode };
  }

  #ask(): Asked {
    const { now, isTrusted } = this.#options;
    const trusted = this.#record.guards.filter(({ claims }) => isTrusted(claims.iss));
    const counting = trusted.filter(({ claims, isReleased }) => !isReleased && claims.until * 1000 > now());
    return askedOf(
      counting.map(({ claims }) => claims),
      trusted.map(({ claims }) => claims),
      Object.values(this.#record.own),
    );
  }

  /** On disk first: what a crash leaves half done is put in force at the next start. */
  async #change(change: Partial<GuardRecord>): Promise<Result<void>> {
    this.#record = { ...this.#record, ...change };
    await this.#save();
    await this.#enforce();
    return this.#failed ? { ok: false, problem: this.#failed } : ok(undefined);
  }

  async #save(): Promise<void> {
    const { file, log } = this.#options;
    this.#unsaved = await writeGuardFile(file, this.#record).then(
      () => null,
      (error: Error) => {
        if (this.#unsaved === null)
          log.error({ err: error }, 'what is to be held back could not be written down');
        return error.message;
      },
    );
  }

  async #enforce(): Promise<void> {
    const { rules, now, log, isTunnelAlive } = this.#options;
    const before = this.#asked.mode;
    this.#asked = this.#ask();
    this.#isTunnelUp = isTunnelAlive();
    if (this.#portal && !this.#isPortalOpen(this.#portal)) this.#portal = null;
    const reason = await rules.apply(this.#demand()).then(
      () =>
        this.#unsaved &&
        `what is asked for does not outlast a restart, it could not be saved (${this.#unsaved})`,
      (error: Error) => {
        if (this.#failed === null) log.error({ err: error }, 'traffic could not be held back');
        return error.message;
      },
    );
    this.#failed = reason === null ? null : problem('guard-failed', `Traffic may get out: ${reason}`);
    if (before !== this.mode)
      log.info({ mode: this.mode, source: this.#asked.source }, 'what is held back has changed');
    this.#since = this.#holds() === 'nothing' ? null : (this.#since ?? now());
    this.#announce();
  }

  /** Takes up what has run out, and what could not be done before. */
  async #lookAgain(): Promise<void> {
    if (this.#unsaved !== null) await this.#save();
    const isOther = JSON.stringify(this.#ask()) !== JSON.stringify(this.#asked);
    if (this.#failed || isOther || this.#options.isTunnelAlive() !== this.#isTunnelUp) await this.#enforce();
  }

  /** For the network that it was opened for, while there is no tunnel. */
  #isPortalOpen({ deadline }: { deadline: number }): boolean {
    if (this.#isTunnelUp || this.mode === 'off') return false;
    return (
      this.#options.monotonicNow() < deadline && this.#options.rules.attachment() === this.#lastAttachment
    );
  }

  #demand(): GuardDemand | null {
    const { mode, networks, control, allowLan } = this.#asked;
    if (mode === 'off') return null;
    const openForMs = this.#portal ? this.#portal.deadline - this.#options.monotonicNow() : 0;
    return { mode, networks, control, allowLan, openForMs, isTunnelUp: this.#isTunnelUp };
  }

  #holds(): GuardState['holds'] {
    if (this.#isTunnelUp || this.mode === 'off') return 'nothing';
    return this.mode === 'gate' ? 'team' : 'all';
  }

  #announce(): void {
    const told = JSON.stringify([
      ...[this.#asked, this.#since, this.#portal?.until, this.#failed, this.#record.own],
      this.#record.events.at(-1),
    ]);
    if (told === this.#told) return;
    this.#told = told;
    for (const listener of this.#listeners) listener();
  }
}

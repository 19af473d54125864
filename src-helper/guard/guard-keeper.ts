import type { Logger } from 'pino';
import {
  type GuardClaims,
  type GuardEvent,
  type GuardMode,
  type GuardState,
  MAX_GUARD_EVENTS,
} from '../../src-shared/guard.ts';
import { fail, ok, type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type { GuardRules } from '../platform.ts';
import type { TunnelStatus } from '../tunnel.ts';
import { type Asked, askedOf, type GuardDemand } from './demand.ts';
import { type GuardRecord, readGuardFile, writeGuardFile } from './guard-file.ts';
import { portalAllowed } from './portal-limit.ts';

/** Rules that could not be set are tried again after this long; `until` is looked at as often. */
const LOOK_AGAIN_MS = 5_000;
const MAX_DEVICES = 64;

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
  /** Milliseconds since 1970. */
  now: () => number;
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
  #openUntil: number | null = null;
  #lastAttachment: string | null = null;
  #failed: Problem | null = null;
  #told = '';
  #queue: Promise<unknown> = Promise.resolve();
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

  get mode(): GuardMode {
    return this.#asked.mode;
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
      portalUntil: time(this.#openUntil),
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
      const claims = read.value;
      const isSame = ({ claims: { iss, sub } }: GuardRecord['guards'][number]) =>
        iss === claims.iss && sub === claims.sub;
      const before = this.#record.guards.find(isSame);
      if (before && before.claims.seq >= claims.seq)
        return fail('guard-invalid', 'A newer order of this server is in force already.');
      const others = this.#record.guards.filter((known) => !isSame(known));
      const guards = [...others, { claims, isReleased: false }].slice(-MAX_DEVICES);
      return this.#change({ guards });
    });
  }

  /** What a user wants held back beyond the team's word. */
  choose({ user }: GuardUser, mode: GuardMode): Promise<Result<void>> {
    return this.#inOrder(() => {
      const { [user]: _, ...others } = this.#record.own;
      return this.#change({ own: mode === 'off' ? others : { ...others, [user]: mode } });
    });
  }

  /** Opens names and web pages for the sign-in page of a network, for as long as the team allows: `portal-refused`. */
  openPortal(): Promise<Result<void>> {
    return this.#inOrder(async () => {
      if (this.#asked.mode === 'off') return fail('portal-refused', 'Nothing is held back.');
      const now = this.#options.now();
      const { portalMinutes } = this.#asked;
      const attachment = this.#options.rules.attachment();
      const allowed = portalAllowed({
        portalMinutes,
        isTunnelUp: this.#isTunnelUp,
        attachment,
        lastAttachment: this.#lastAttachment,
        portals: this.#record.portals,
        now,
      });
      if (!allowed.ok) return allowed;
      this.#lastAttachment = attachment;
      this.#openUntil = now + portalMinutes * 60_000;
      clearTimeout(this.#portalTimer);
      this.#portalTimer = setTimeout(() => void this.#inOrder(() => this.#enforce()), portalMinutes * 60_000);
      this.#portalTimer.unref();
      const portals = [...allowed.value.recent, now];
      return this.#change({ portals, events: withEvent(this.#record.events, 'portal-opened', now) });
    });
  }

  /** Frees the computer until a newer word comes: `release-refused` where the user may not. */
  release({ isAdministrator }: GuardUser): Promise<Result<void>> {
    return this.#inOrder(() => {
      const { mode, userMayRelease } = this.#asked;
      if (mode === 'off') return ok(undefined);
      if (!isAdministrator && !userMayRelease) return fail('release-refused');
      const kind = isAdministrator ? 'released-by-root' : 'released-by-user';
      return this.#change(released(this.#record, kind, this.#options.now()));
    });
  }

  /** To be told of every change of the tunnel. */
  follow({ phase }: Pick<TunnelStatus, 'phase'>): void {
    const isUp = phase === 'up';
    if (isUp === this.#isTunnelUp) return;
    this.#isTunnelUp = isUp;
    void this.#inOrder(() => this.#enforce());
  }

  /** What is in force stays. */
  async close(): Promise<void> {
    clearInterval(this.#lookTimer);
    clearTimeout(this.#portalTimer);
    this.#options.rules.close();
    await this.#queue;
  }

  /** Two changes never overlap. */
  #inOrder<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'the guard could not be changed');
    });
    return result;
  }

  #ask(): Asked {
    const now = this.#options.now();
    const counting = this.#record.guards.filter(
      ({ claims, isReleased }) =>
        !isReleased && claims.until * 1000 > now && this.#options.isTrusted(claims.iss),
    );
    return askedOf(
      counting.map(({ claims }) => claims),
      Object.values(this.#record.own),
    );
  }

  /** On disk first: what a crash leaves half done is put in force at the next start. */
  async #change(change: Partial<GuardRecord>): Promise<Result<void>> {
    this.#record = { ...this.#record, ...change };
    const saved = await writeGuardFile(this.#options.file, this.#record).then(
      () => null,
      (error: Error) => error.message,
    );
    await this.#enforce();
    if (this.#failed) return { ok: false, problem: this.#failed };
    if (saved === null) return ok(undefined);
    this.#options.log.error({ reason: saved }, 'what is to be held back could not be written down');
    this.#failed = problem(
      'guard-failed',
      `It does not outlast a restart: it could not be saved (${saved}).`,
    );
    this.#announce();
    return { ok: false, problem: this.#failed };
  }

  async #enforce(): Promise<void> {
    const { rules, now, log } = this.#options;
    const wasAsked = this.#asked;
    this.#asked = this.#ask();
    if (this.#openUntil !== null && (this.#openUntil <= now() || this.#isTunnelUp || this.mode === 'off'))
      this.#openUntil = null;
    try {
      await rules.apply(this.#demand());
      this.#failed = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const failed = problem('guard-failed', `This computer could not hold traffic back: ${reason}`);
      if (failed.detail !== this.#failed?.detail) log.error({ err: error }, 'traffic could not be held back');
      this.#failed = failed;
    }
    if (wasAsked.mode !== this.mode)
      log.info({ mode: this.mode, source: this.#asked.source }, 'what is held back has changed');
    this.#since = this.#holds() === 'nothing' ? null : (this.#since ?? now());
    this.#announce();
  }

  /** Takes up what has run out, and what could not be done before. */
  async #lookAgain(): Promise<void> {
    const asked = this.#ask();
    if (this.#failed || JSON.stringify(asked) !== JSON.stringify(this.#asked)) await this.#enforce();
  }

  #demand(): GuardDemand | null {
    const { mode, networks, control, allowLan } = this.#asked;
    if (mode === 'off') return null;
    return { mode, networks, control, allowLan, openUntil: this.#openUntil, isTunnelUp: this.#isTunnelUp };
  }

  #holds(): GuardState['holds'] {
    if (this.#isTunnelUp || this.mode === 'off') return 'nothing';
    return this.mode === 'gate' ? 'team' : 'all';
  }

  #announce(): void {
    const told = JSON.stringify([
      ...[this.#asked, this.#since, this.#openUntil, this.#failed, this.#record.own],
      this.#record.events.at(-1),
    ]);
    if (told === this.#told) return;
    this.#told = told;
    for (const listener of this.#listeners) listener();
  }
}

/** Nothing counts any more until a newer word comes. */
export function released(record: GuardRecord, kind: GuardEvent['kind'], now: number): GuardRecord {
  const guards = record.guards.map(({ claims }) => ({ claims, isReleased: true }));
  return { ...record, guards, own: {}, events: withEvent(record.events, kind, now) };
}

/** `at` grows from one to the next, whatever the clock does. */
function withEvent(events: readonly GuardEvent[], kind: GuardEvent['kind'], now: number): GuardEvent[] {
  const last = events.at(-1);
  const at = Math.max(now, last ? Date.parse(last.at) + 1 : 0);
  return [...events, { at: new Date(at).toISOString(), kind }].slice(-MAX_GUARD_EVENTS);
}

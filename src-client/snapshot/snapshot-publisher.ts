import type { Logger } from 'pino';
import type { Notice, Snapshot } from './snapshot.ts';

const KEPT_NOTICES = 20;

/** The one place where a snapshot is made. `stage` changes it quietly, `publish` tells everybody if anything changed. */
export class SnapshotPublisher {
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #now: () => number;
  readonly #log: Logger;
  #notices = 0;
  #isStale = false;
  #snapshot: Snapshot = {
    version: 0,
    connection: { phase: 'signed-out', reason: null },
    account: null,
    lockedSession: null,
    gateways: [],
    roundTrips: {},
    policy: null,
    channel: 'closed',
    keychain: 'absent',
    tunnel: null,
    guard: null,
    overlap: null,
    unlock: { enrolled: null, providers: [], lockCount: 0 },
    clockOffsetMs: null,
    notices: [],
  };

  constructor(now: () => number, log: Logger) {
    this.#now = now;
    this.#log = log;
  }

  get current(): Snapshot {
    return this.#snapshot;
  }

  stage(change: Partial<Omit<Snapshot, 'version'>>): void {
    this.#snapshot = { ...this.#snapshot, ...change, version: this.#snapshot.version + 1 };
    this.#isStale = true;
  }

  publish(change: Partial<Omit<Snapshot, 'version'>> = {}): void {
    if (Object.keys(change).length > 0) this.stage(change);
    if (!this.#isStale) return;
    this.#isStale = false;
    for (const listener of this.#listeners) this.#tell(listener);
  }

  notify(kind: Notice['kind'], text: string): void {
    this.#notices += 1;
    const notice: Notice = { id: this.#notices, at: new Date(this.#now()).toISOString(), kind, text };
    this.publish({ notices: [...(this.#snapshot.notices ?? []), notice].slice(-KEPT_NOTICES) });
  }

  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A face that fails must not take the connection with it. */
  #tell(listener: (snapshot: Snapshot) => void): void {
    try {
      listener(this.#snapshot);
    } catch (error) {
      this.#log.error({ err: error }, 'a listener failed');
    }
  }
}

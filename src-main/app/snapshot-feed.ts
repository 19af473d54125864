import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';

const FRAME_MS = 16;

export interface SnapshotFeedOptions {
  assemble: (version: number) => AppSnapshot;
  send: (snapshot: AppSnapshot) => void;
  isVisible: () => boolean;
}

/**
 * Sends snapshots to the window: at most one a frame, but a change of phase at once. A hidden window hears of phase
 * changes only, and of everything when it is shown again. No timer runs while there is nothing to send.
 */
export class SnapshotFeed {
  readonly #options: SnapshotFeedOptions;
  #version = 0;
  #sentPhase: string | null = null;
  #isDirty = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SnapshotFeedOptions) {
    this.#options = options;
  }

  /** The present state, for a page that has just been loaded. */
  current(): AppSnapshot {
    this.#version += 1;
    return this.#options.assemble(this.#version);
  }

  /** Something changed. `phase` is that of the connection. */
  changed(phase: string): void {
    this.#isDirty = true;
    if (phase !== this.#sentPhase) {
      this.#sentPhase = phase;
      this.#flush();
      return;
    }
    if (!this.#options.isVisible()) return;
    this.#timer ??= setTimeout(() => this.#flush(), FRAME_MS);
  }

  /** The window is on screen again: it hears of what it missed. */
  shown(): void {
    if (this.#isDirty) this.#flush();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #flush(): void {
    this.stop();
    this.#isDirty = false;
    this.#options.send(this.current());
  }
}

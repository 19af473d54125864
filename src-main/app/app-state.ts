import type { AppFacts, AppNotice } from './app-snapshot-assembler.ts';

const KEPT = 20;

export interface AppState {
  readonly facts: AppFacts;
  readonly isOnline: boolean;
  readonly notices: readonly AppNotice[];
  change(facts: Partial<Pick<AppFacts, 'update' | 'hasRecovered'>>): void;
  setOnline(isOnline: boolean): void;
  notify(kind: AppNotice['kind'], text: string): void;
}

export interface AppStateOptions {
  facts: AppFacts;
  isOnline: boolean;
  /** Milliseconds since 1970. */
  now: () => number;
  onChange: () => void;
}

/** What the window shows of the app itself, beside the connection. */
export function createAppState({ facts, isOnline, now, onChange }: AppStateOptions): AppState {
  let current = { facts, isOnline, notices: [] as readonly AppNotice[] };
  const set = (change: Partial<typeof current>) => {
    current = { ...current, ...change };
    onChange();
  };
  let lastId = 0;
  return {
    get facts() {
      return current.facts;
    },
    get isOnline() {
      return current.isOnline;
    },
    get notices() {
      return current.notices;
    },
    change: (change) => set({ facts: { ...current.facts, ...change } }),
    setOnline: (value) => set({ isOnline: value }),
    notify(kind, text) {
      lastId -= 1;
      const notice: AppNotice = { id: lastId, at: new Date(now()).toISOString(), kind, text };
      set({ notices: [...current.notices, notice].slice(-KEPT) });
    },
  };
}

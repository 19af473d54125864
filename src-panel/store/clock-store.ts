import { create } from 'zustand';

/** `Date` has whole seconds, and an answer takes time: only a clock that is off by more is corrected. */
const TOLERANCE_MS = 3000;

interface Clock {
  /** The server's clock minus this computer's, milliseconds. */
  offsetMs: number;
}

export const useClock = create<Clock>()(() => ({ offsetMs: 0 }));

/** Compares the `Date` of an answer with this computer's clock at the same moment. */
export function noteServerTime(header: string | null, nowMs: number): void {
  const serverMs = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(serverMs)) return;
  const offsetMs = serverMs + 500 - nowMs;
  const known = useClock.getState().offsetMs;
  if (Math.abs(offsetMs - known) > TOLERANCE_MS)
    useClock.setState({ offsetMs: Math.abs(offsetMs) < TOLERANCE_MS ? 0 : offsetMs });
}

/** Now, by the server's clock. */
export const serverNow = (): number => Date.now() + useClock.getState().offsetMs;

const CHECK_INTERVAL_MS = 4_000;

export interface OnlineWatchOptions {
  isOnline: () => boolean;
  onOnline: (isOnline: boolean) => void;
}

/** Looks every few seconds; Electron's main process has no event for it. The timer keeps nothing alive. */
export function watchOnline({ isOnline, onOnline }: OnlineWatchOptions): { stop(): void } {
  let known = isOnline();
  const timer = setInterval(() => {
    const now = isOnline();
    if (now === known) return;
    known = now;
    onOnline(now);
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

import { CHANNEL_MAX_MISSED_PINGS, CHANNEL_PING_INTERVAL_MS } from '../src-shared/client-channel.ts';

export interface HeartbeatOptions {
  /** Sends one ping; `t` is the wall clock in milliseconds since 1970. */
  ping: (t: number) => void;
  /** Called once, when `maxMissed` pings in a row went unanswered. */
  onDead: () => void;
  now: () => number;
  intervalMs?: number;
  maxMissed?: number;
}

/** The end that asks: a ping every `intervalMs`. Call `heard` on every pong and `stop` when the channel closes. */
export function startHeartbeat(options: HeartbeatOptions): { heard(): void; stop(): void } {
  const { ping, onDead, now, intervalMs = CHANNEL_PING_INTERVAL_MS } = options;
  const maxMissed = options.maxMissed ?? CHANNEL_MAX_MISSED_PINGS;
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered >= maxMissed) {
      clearInterval(timer);
      onDead();
      return;
    }
    unanswered += 1;
    ping(now());
  }, intervalMs);
  return {
    heard: () => {
      unanswered = 0;
    },
    stop: () => clearInterval(timer),
  };
}

/** Silence after which the end that answers pings takes the channel for half open: two missed, and half a beat. */
export const CHANNEL_SILENCE_LIMIT_MS = CHANNEL_PING_INTERVAL_MS * (CHANNEL_MAX_MISSED_PINGS + 0.5);

/** The end that answers: `onSilent` once when nothing was `heard` for `limitMs`. */
export function startSilenceWatch(
  onSilent: () => void,
  limitMs: number = CHANNEL_SILENCE_LIMIT_MS,
): { heard(): void; stop(): void } {
  const timer = setTimeout(onSilent, limitMs);
  return {
    heard: () => {
      timer.refresh();
    },
    stop: () => clearTimeout(timer),
  };
}

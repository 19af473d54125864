import { type GuardMode, type GuardState, MOST_PORTALS_PER_HOUR } from '../../src-shared/guard.ts';
import { formatClock, type TimeStyle } from './format.ts';
import { plainText, withoutFullStop } from './plain-text.ts';
import type { Words } from './words.ts';

/** What `postern` says about traffic that is held back. */

const held = {
  team: "Your team's networks are closed until you confirm",
  all: 'Only Postern can reach the network',
} as const;

const rule: Record<Exclude<GuardMode, 'off'>, string> = {
  gate: "Your team's networks go through the tunnel or not at all",
  always: 'Without a connection nothing leaves this computer but the way to your server',
};

/** Whose word it is. Another user of the same computer may have asked for more than both. */
function why({ source, own, mode }: GuardState): string {
  if (source === 'team') return 'your team asks for it';
  return own === mode ? 'you asked for it' : 'another user of this computer asked for it';
}

/** What is held back, since when and why, or what would be. */
export function guardSentence(guard: GuardState, time: TimeStyle): string {
  if (guard.failed)
    return `Blocking failed, traffic may be leaking: ${withoutFullStop(plainText(guard.failed.detail))}.`;
  if (guard.mode === 'off') return 'Nothing is held back while you are not connected.';
  if (guard.holds === 'nothing') return `Nothing is held back now. ${rule[guard.mode]}; ${why(guard)}.`;
  const since = guard.since === null ? '' : ` (since ${formatClock(guard.since, time)})`;
  return `${held[guard.holds]}${since}: ${why(guard)}.`;
}

const HOUR_MS = 3_600_000;
/** A network that was joined before then is hardly the one of now. */
const LATELY_MS = 24 * HOUR_MS;

/**
 * The open sign-in page, or when it can be opened; null where there is nothing to say. `portals`: when one was, ISO 8601,
 * oldest first.
 */
export function portalSentence(
  guard: GuardState,
  portals: readonly string[],
  time: TimeStyle,
): string | null {
  if (guard.portalUntil !== null)
    return `The sign-in page of this network is open until ${formatClock(guard.portalUntil, time, true)}.`;
  if (guard.holds === 'nothing' || guard.portalMinutes === 0) return null;
  const ages = portals.map((at) => time.now() - Date.parse(at)).filter((age) => age < LATELY_MS);
  const inLastHour = ages.filter((age) => age < HOUR_MS);
  if (inLastHour.length >= MOST_PORTALS_PER_HOUR) {
    const next = time.now() + HOUR_MS - (inLastHour.at(-MOST_PORTALS_PER_HOUR) ?? 0);
    return `The sign-in page of a network was opened ${MOST_PORTALS_PER_HOUR} times in the last hour: the next is possible at ${formatClock(next, time)}.`;
  }
  const last = portals.at(-1);
  if (last !== undefined && ages.length > 0)
    return `The sign-in page of a network was opened at ${formatClock(last, time)}. It is opened once for each network: on the same one 'postern guard portal' works again when you have left it and joined it anew.`;
  return `If this network has a sign-in page of its own: 'postern guard portal' opens it for ${guard.portalMinutes} min.`;
}

/** The guard as one part of the whole, for `status`. */
export function guardWords(guard: GuardState, portals: readonly string[], time: TimeStyle): Words {
  const nextStep = guard.failed
    ? "Run 'sudo systemctl restart postern-helper'. If that does not help, tell your administrator."
    : portalSentence(guard, portals, time);
  return { sentence: guardSentence(guard, time), nextStep };
}

/** All there is to say, for `guard`. */
export function guardLines(guard: GuardState, portals: readonly string[], time: TimeStyle): string[] {
  const until =
    guard.until === null
      ? []
      : [
          `Your team's rule ends by itself at ${formatClock(guard.until, time)} if the server is not reached before.`,
        ];
  const own =
    guard.own === 'off'
      ? 'You ask for nothing beyond the rule of your team.'
      : `You ask for: ${rule[guard.own]}.${guard.mode === 'off' ? ' It begins with the first connection.' : ''}`;
  const release = guard.mode !== 'off' && guard.mayRelease ? ["'postern guard release' ends it."] : [];
  const portal = portalSentence(guard, portals, time);
  return [guardSentence(guard, time), ...(portal === null ? [] : [portal]), ...until, own, ...release];
}

/** What is worth a line when `next` follows `previous`. */
export function narrateGuard(
  previous: GuardState | null,
  next: GuardState | null,
  time: TimeStyle,
): string[] {
  if (next === null) return [];
  const isNews =
    (previous?.holds ?? 'nothing') !== next.holds || (previous?.failed ?? null)?.code !== next.failed?.code;
  const isOpened = next.portalUntil !== null && next.portalUntil !== previous?.portalUntil;
  const portal = isOpened ? portalSentence(next, [], time) : null;
  return [
    ...(isNews && (next.failed || next.holds !== 'nothing') ? [guardSentence(next, time)] : []),
    ...(portal === null ? [] : [portal]),
  ];
}

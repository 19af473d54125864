import type { TimeStyle } from './format.ts';
import { formatClock } from './format.ts';
import { narrateGuard } from './guard-words.ts';
import { networkTroubles } from './network-words.ts';
import type { View } from './view-schema.ts';
import { clockSentence, fixed, stateSentence } from './words.ts';

/**
 * What is worth a line when `next` follows `previous`. Tries within one phase, traffic and the gate (which the gate
 * session tells) are not.
 */
export function narrate(previous: View | null, next: View, time: TimeStyle): string[] {
  const lines: string[] = [];
  const hasMoved = previous?.phase !== next.phase || previous.gateway?.id !== next.gateway?.id;
  if (hasMoved && isTold(next)) lines.push(stateSentence(next, time));
  if (hasMoved && next.phase === 'connected') lines.push(...arrival(next, time));
  if (!hasMoved && previous.phase === 'connected') {
    if (previous.health !== next.health) lines.push(stateSentence(next, time));
    if (next.expiresAt !== null && previous.expiresAt !== null && next.expiresAt > previous.expiresAt)
      lines.push(fixed.renewed(formatClock(next.expiresAt, time)));
    // `closed` is an end that the server asked for; what it meant comes with the next state.
    if (previous.channel === 'open' && next.channel === 'connecting') lines.push(fixed.channelLost);
    if (previous.channel === 'connecting' && next.channel === 'open') lines.push(fixed.channelBack);
  }
  const known =
    previous?.phase === 'connected' ? networkTroubles(previous).map(({ sentence }) => sentence) : [];
  for (const { sentence, nextStep } of next.phase === 'connected' ? networkTroubles(next) : [])
    if (!known.includes(sentence)) lines.push(nextStep === null ? sentence : `${sentence} ${nextStep}`);
  if (next.isOutdated && !previous?.isOutdated) lines.push(fixed.outdated);
  if (next.warning !== null && next.warning !== previous?.warning) lines.push(next.warning);
  lines.push(...narrateGuard(previous?.guard ?? null, next.guard, time));
  const newest = previous?.notices.at(-1)?.id ?? 0;
  for (const notice of next.notices)
    if (notice.id > newest && !toldByState.has(notice.kind)) lines.push(notice.text);
  const clock = clockSentence(next.clockOffsetMs);
  if (clock !== null && clockSentence(previous?.clockOffsetMs ?? null) === null) lines.push(clock);
  return lines;
}

/** Notices of what the state, the gate or the ending tell anyway. */
const toldByState = new Set(['disconnected-by-server', 'lease-expiring', 'signed-out']);

/** How a connection ends is told by the one who ends it, together with the exit. */
function isTold({ phase, reason }: View): boolean {
  if (phase === 'disconnecting') return reason !== null;
  return phase === 'connecting' || phase === 'connected' || phase === 'reconnecting' || phase === 'blocked';
}

function arrival(view: View, time: TimeStyle): string[] {
  const address = view.addresses.length > 0 ? [fixed.yourAddress(view.addresses)] : [];
  const end = view.expiresAt === null ? [] : [fixed.mayLast(formatClock(view.expiresAt, time))];
  const line = [...address, ...end].join(' ');
  return line === '' ? [] : [line];
}

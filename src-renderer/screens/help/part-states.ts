import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import { bytesText } from '../../../src-ui/format/bytes.ts';
import { dayText } from '../../../src-ui/format/date-time.ts';
import { roughDuration } from '../../../src-ui/format/duration.ts';
import { heldTitle, heldWhy } from '../../parts/guard/guard-view.ts';
import { needsWord, overlapSentence } from '../../parts/overlap/overlap-view.ts';
import type { AppLanguage } from '../../strings/use-words.ts';
import { networkTroubles } from './network-troubles.ts';
import type { PartState } from './part-state.ts';
import { unlockStates } from './unlock-states.ts';

/** Codes fail when clocks differ by more (`ux.md`, rule 15). */
const CLOCK_TOLERANCE_MS = 30_000;

/** Every part that a connection needs, in the order in which to look at them. */
export function partStates(snapshot: AppSnapshot, language: AppLanguage): PartState[] {
  const { w } = language;
  return [
    {
      name: w.help.network,
      level: snapshot.isOnline ? 'good' : 'attention',
      text: snapshot.isOnline ? w.help.networkUp : w.help.networkDown,
    },
    { name: w.help.server, ...serverState(snapshot, language) },
    {
      name: w.help.helper,
      level: snapshot.tunnel ? 'good' : 'attention',
      text: snapshot.tunnel ? w.help.helperUp : w.help.helperDown,
    },
    { name: w.help.gateways, ...gatewayState(snapshot, language) },
    { name: w.help.tunnel, ...tunnelState(snapshot, language) },
    { name: w.guard.part, ...guardPart(snapshot, language) },
    { name: w.help.keychain, ...keychainState(snapshot, language) },
    ...unlockStates(snapshot, language),
    { name: w.help.clock, ...clockState(snapshot, language) },
  ];
}

type State = Omit<PartState, 'name'>;

function serverState({ account, channel }: AppSnapshot, { w }: AppLanguage): State {
  if (account === null) return { level: 'idle', text: w.help.serverNone };
  if (channel === 'open') return { level: 'good', text: w.help.serverOpen(account.serverName) };
  if (channel === 'connecting') return { level: 'busy', text: w.help.serverConnecting(account.serverName) };
  return { level: 'attention', text: w.help.serverClosed };
}

/** Those that are known not to work. That one is away is said where it is chosen. */
function gatewayState({ gateways }: AppSnapshot, { w }: AppLanguage): State {
  if (gateways.length === 0) return { level: 'idle', text: w.help.gatewaysNone };
  const ill = gateways.filter(({ trouble }) => trouble !== null).map(({ name }) => name);
  if (ill.length > 0) return { level: 'attention', text: w.help.gatewaysIll(ill.join(', ')) };
  return { level: 'good', text: w.help.gatewaysWell };
}

function tunnelState({ tunnel, overlap }: AppSnapshot, { w, locale }: AppLanguage): State {
  if (tunnel === null) return { level: 'idle', text: w.help.tunnelUnknown };
  const [trouble] = networkTroubles(tunnel, w);
  if (trouble !== undefined) return { level: 'attention', text: trouble };
  if (overlap) return { level: needsWord(overlap) ? 'attention' : 'good', text: overlapSentence(overlap, w) };
  if (tunnel.phase === 'down') return { level: 'idle', text: w.help.tunnelDown };
  if (tunnel.phase === 'starting') return { level: 'busy', text: w.help.tunnelStarting };
  const [received, sent] = [bytesText(tunnel.rxBytes, locale), bytesText(tunnel.txBytes, locale)];
  return { level: 'good', text: w.help.tunnelUp(received, sent) };
}

function guardPart({ guard, tunnel }: AppSnapshot, { w, locale }: AppLanguage): State {
  if (guard === null) return { level: 'idle', text: tunnel ? w.guard.unsupported : w.help.tunnelUnknown };
  const title = heldTitle(guard, w);
  if (guard.failed) return { level: 'attention', text: `${title}. ${guard.failed.detail}` };
  if (guard.mode === 'off') return { level: 'idle', text: w.guard.off };
  const why = heldWhy(guard, w);
  const until = guard.until === null ? [] : [w.guard.until(dayText(guard.until, locale))];
  return { level: 'good', text: [title === null ? w.guard.ready : `${title}.`, why, ...until].join(' ') };
}

function keychainState({ keychain, unlock: { enrolled } }: AppSnapshot, { w }: AppLanguage): State {
  // The server knows a key that is no longer here.
  const isLost = enrolled !== null && (enrolled.pin || enrolled.uvHw || enrolled.uvSoft);
  const states: Record<typeof keychain, State> = {
    ok: { level: 'good', text: w.help.keychainOk },
    absent: isLost
      ? { level: 'attention', text: w.help.keychainLost }
      : { level: 'idle', text: w.help.keychainAbsent },
    locked: { level: 'attention', text: w.help.keychainLocked },
    unavailable: { level: 'attention', text: w.help.keychainUnavailable },
  };
  return states[keychain];
}

function clockState({ clockOffsetMs }: AppSnapshot, { w, locale }: AppLanguage): State {
  if (clockOffsetMs === null) return { level: 'idle', text: w.help.clockUnknown };
  const differenceMs = Math.abs(clockOffsetMs);
  if (differenceMs <= CLOCK_TOLERANCE_MS) return { level: 'good', text: w.help.clockOk };
  return { level: 'attention', text: w.help.clockOff(roughDuration(differenceMs, locale)) };
}

import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import { bytesText } from '../../../src-ui/format/bytes.ts';
import { roughDuration } from '../../../src-ui/format/duration.ts';
import type { Language } from '../../../src-ui/strings/language.ts';
import { unlockStates } from './unlock-states.ts';

export type Level = 'good' | 'busy' | 'attention' | 'idle';

export interface PartState {
  name: string;
  level: Level;
  /** How it is and, where something is wrong, what to do. */
  text: string;
}

/** Codes fail when clocks differ by more (`ux.md`, rule 15). */
const CLOCK_TOLERANCE_MS = 30_000;

/** Every part that a connection needs, in the order in which to look at them. */
export function partStates(snapshot: AppSnapshot, language: Language): PartState[] {
  const { t } = language;
  return [
    {
      name: t.help.network,
      level: snapshot.isOnline ? 'good' : 'attention',
      text: snapshot.isOnline ? t.help.networkUp : t.help.networkDown,
    },
    { name: t.help.server, ...serverState(snapshot, language) },
    {
      name: t.help.helper,
      level: snapshot.tunnel ? 'good' : 'attention',
      text: snapshot.tunnel ? t.help.helperUp : t.help.helperDown,
    },
    { name: t.help.tunnel, ...tunnelState(snapshot, language) },
    { name: t.help.keychain, ...keychainState(snapshot, language) },
    ...unlockStates(snapshot, language),
    { name: t.help.clock, ...clockState(snapshot, language) },
  ];
}

type State = Omit<PartState, 'name'>;

function serverState({ account, channel }: AppSnapshot, { t }: Language): State {
  if (account === null) return { level: 'idle', text: t.help.serverNone };
  if (channel === 'open') return { level: 'good', text: t.help.serverOpen(account.serverName) };
  if (channel === 'connecting') return { level: 'busy', text: t.help.serverConnecting(account.serverName) };
  return { level: 'attention', text: t.help.serverClosed };
}

function tunnelState({ tunnel }: AppSnapshot, { t, locale }: Language): State {
  if (tunnel === null) return { level: 'idle', text: t.help.tunnelUnknown };
  if (tunnel.dns === 'unmanaged') return { level: 'attention', text: t.help.dnsUnmanaged };
  if (tunnel.phase === 'down') return { level: 'idle', text: t.help.tunnelDown };
  if (tunnel.phase === 'starting') return { level: 'busy', text: t.help.tunnelStarting };
  const [received, sent] = [bytesText(tunnel.rxBytes, locale), bytesText(tunnel.txBytes, locale)];
  return { level: 'good', text: t.help.tunnelUp(received, sent) };
}

function keychainState({ keychain, unlock: { enrolled } }: AppSnapshot, { t }: Language): State {
  // The server knows a key that is no longer here.
  const isLost = enrolled !== null && (enrolled.pin || enrolled.uvHw || enrolled.uvSoft);
  const states: Record<typeof keychain, State> = {
    ok: { level: 'good', text: t.help.keychainOk },
    absent: isLost
      ? { level: 'attention', text: t.help.keychainLost }
      : { level: 'idle', text: t.help.keychainAbsent },
    locked: { level: 'attention', text: t.help.keychainLocked },
    unavailable: { level: 'attention', text: t.help.keychainUnavailable },
  };
  return states[keychain];
}

function clockState({ clockOffsetMs }: AppSnapshot, { t, locale }: Language): State {
  if (clockOffsetMs === null) return { level: 'idle', text: t.help.clockUnknown };
  const differenceMs = Math.abs(clockOffsetMs);
  if (differenceMs <= CLOCK_TOLERANCE_MS) return { level: 'good', text: t.help.clockOk };
  return { level: 'attention', text: t.help.clockOff(roughDuration(differenceMs, locale)) };
}

import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import type { GatePrompt } from '../../src-shared/connection-state.ts';
import { gatewayName } from './activity-events.ts';
import type { Words } from './words.ts';

export interface AppNotification {
  title: string;
  body: string;
  /** The user has to act. */
  isUrgent: boolean;
}

/** What the user is told by a native notification when one snapshot follows another: each event once, or nothing. */
export function notificationBetween(before: Snapshot, after: Snapshot, words: Words): AppNotification | null {
  const [from, to] = [before.connection, after.connection];
  if (to.phase === 'gate' && from.phase !== 'gate') {
    // A plain connect opens the gate under the user's eyes; only an ended connection is news.
    if (!to.prompt.reason) return null;
    const body = asksForCode(to.prompt) ? words.endedBody : words.endedUnlockBody;
    return { title: words.ended, body: body(sentence(to.prompt.reason.message)), isUrgent: true };
  }
  if (to.phase === 'signed-out' && from.phase !== 'signed-out') {
    if (!to.reason) return null;
    return {
      title: words.signedOut,
      body: `${sentence(to.reason.message)} ${words.signInAgain}`,
      isUrgent: true,
    };
  }
  if (to.phase === 'blocked' && from.phase !== 'blocked')
    return { title: words.blocked, body: to.cause?.message ?? '', isUrgent: true };
  if (to.phase === 'reconnecting' && from.phase === 'connected')
    return { title: words.lost, body: to.cause?.detail ?? words.state.reconnecting, isUrgent: false };
  if (to.phase === 'disconnected' && wasUp(from.phase) && to.cause?.code === 'unlock-not-enrolled')
    return { title: words.setUpUnlock, body: words.setUpUnlockBody, isUrgent: true };
  if (to.phase === 'disconnected' && wasUp(from.phase) && (to.reason || to.cause))
    return {
      title: words.notConnected,
      body: to.reason?.message ?? to.cause?.detail ?? '',
      isUrgent: false,
    };
  if (to.phase !== 'connected') return null;
  const earlier = from.phase === 'connected' ? from : null;
  if (to.warning && to.warning !== (earlier?.warning ?? null))
    return { title: words.notGated, body: to.warning, isUrgent: false };
  if (to.expiring && !earlier?.expiring)
    return { title: words.expiring, body: words.expiringBody, isUrgent: true };
  if (!earlier && from.phase === 'reconnecting') {
    const gateway = gatewayName(after);
    const state = words.state.connected;
    return { title: gateway ? words.to(state, gateway) : state, body: '', isUrgent: false };
  }
  return null;
}

/** Whether the window has to come forward by itself: once, when the gate opens. */
export function opensGate(before: Snapshot, after: Snapshot): boolean {
  return after.connection.phase === 'gate' && before.connection.phase !== 'gate';
}

/** Whether one of the answers that the gate waits for is typed from an authenticator app. */
export function asksForCode({ challenge }: GatePrompt): boolean {
  return challenge.requires.includes('totp');
}

function wasUp(phase: Snapshot['connection']['phase']): boolean {
  return phase === 'connected' || phase === 'reconnecting' || phase === 'connecting' || phase === 'blocked';
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

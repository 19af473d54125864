import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import { assertNever } from '../../src-shared/assert-never.ts';
import type { ConnectionState } from '../../src-shared/connection-state.ts';
import { gatewayName } from './activity-events.ts';
import { asksForCode } from './notification-events.ts';
import type { Words } from './words.ts';

/** Four pictures that differ in shape, not only in colour. */
export type TrayShape = 'disconnected' | 'connecting' | 'connected' | 'attention';

export type TrayAction = 'open' | 'connect' | 'cancel' | 'disconnect' | 'quit';

export interface TrayView {
  shape: TrayShape;
  toolTip: string;
  /** `null` is a separator. */
  menu: readonly ({ action: TrayAction; label: string; isEnabled: boolean } | null)[];
}

export function trayShape(state: ConnectionState): TrayShape {
  switch (state.phase) {
    case 'signed-out':
    case 'disconnected':
      return 'disconnected';
    case 'connecting':
    case 'reconnecting':
    case 'disconnecting':
      return 'connecting';
    case 'connected':
      return state.renewal || state.expiring || state.health === 'degraded' ? 'attention' : 'connected';
    case 'gate':
    case 'blocked':
      return 'attention';
    default:
      return assertNever(state);
  }
}

/** What is held back, or of a portal window the minutes that are left (rounded up); null when nothing is. */
function heldLine({ guard }: Snapshot, words: Words, nowMs: number): string | null {
  if (guard === null) return null;
  if (guard.failed) return words.blockingFailed;
  const portalMs = guard.portalUntil === null ? 0 : Date.parse(guard.portalUntil) - nowMs;
  if (portalMs > 0) return words.portalOpen(Math.ceil(portalMs / 60_000));
  return guard.holds === 'nothing' ? null : words.held[guard.holds];
}

/**
 * Tray and its menu for a snapshot. Each entry goes through the same door as the button in the window. `nowMs`: this
 * computer's clock.
 */
export function trayView(snapshot: Snapshot, words: Words, nowMs: number): TrayView {
  const { connection } = snapshot;
  const { phase } = connection;
  const isUnlock = phase === 'gate' && !asksForCode(connection.prompt);
  const isShut = phase === 'signed-out' && snapshot.lockedSession !== null;
  const state = isShut ? words.keyringLocked : isUnlock ? words.waitingForUnlock : words.state[phase];
  const gateway = gatewayName(snapshot);
  const isUp = phase === 'connected' || phase === 'reconnecting' || phase === 'blocked';
  const middle =
    phase === 'connecting' || phase === 'gate'
      ? [
          // At the gate, the way forward is the window.
          ...(phase === 'gate'
            ? [
                {
                  action: 'open' as const,
                  label: isUnlock ? words.unlock : words.enterCode,
                  isEnabled: true,
                },
              ]
            : []),
          { action: 'cancel' as const, label: words.cancel, isEnabled: true },
        ]
      : phase === 'signed-out'
        ? // With a locked keyring nobody can sign in, and the session comes back by itself.
          isShut
          ? []
          : [{ action: 'open' as const, label: words.signIn, isEnabled: true }]
        : [
            { action: 'connect' as const, label: words.connect, isEnabled: phase === 'disconnected' },
            { action: 'disconnect' as const, label: words.disconnect, isEnabled: isUp },
          ];
  const held = heldLine(snapshot, words, nowMs);
  const line = `Postern: ${gateway && (isUp || phase === 'connecting') ? words.to(state, gateway) : state}`;
  return {
    shape: isShut || snapshot.guard?.failed ? 'attention' : trayShape(connection),
    toolTip: held === null ? line : `${line}\n${held}`,
    menu: [
      ...(held === null ? [] : [{ action: 'open' as const, label: held, isEnabled: true }, null]),
      { action: 'open', label: words.open, isEnabled: true },
      ...middle,
      null,
      { action: 'quit', label: words.quit, isEnabled: true },
    ],
  };
}

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
      return state.renewal || state.expiring ? 'attention' : 'connected';
    case 'gate':
    case 'blocked':
      return 'attention';
    default:
      return assertNever(state);
  }
}

/** Tray and its menu for a snapshot. Each entry goes through the same door as the button in the window. */
export function trayView(snapshot: Snapshot, words: Words): TrayView {
  const { connection } = snapshot;
  const { phase } = connection;
  const isUnlock = phase === 'gate' && !asksForCode(connection.prompt);
  const state = isUnlock ? words.waitingForUnlock : words.state[phase];
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
        ? [{ action: 'open' as const, label: words.signIn, isEnabled: true }]
        : [
            { action: 'connect' as const, label: words.connect, isEnabled: phase === 'disconnected' },
            { action: 'disconnect' as const, label: words.disconnect, isEnabled: isUp },
          ];
  return {
    shape: trayShape(connection),
    toolTip: `Postern: ${gateway && (isUp || phase === 'connecting') ? words.to(state, gateway) : state}`,
    menu: [
      { action: 'open', label: words.open, isEnabled: true },
      ...middle,
      null,
      { action: 'quit', label: words.quit, isEnabled: true },
    ],
  };
}

import { assertNever } from '../../../src-shared/assert-never.ts';
import type { ConnectionState } from '../../../src-shared/connection-state.ts';
import type { ArchShape } from '../../../src-ui/parts/arch.tsx';
import type { Strings } from '../../../src-ui/strings/en.ts';

/** How a state looks: one tone, one shape, one word. */
export interface StateView {
  tone: 'off' | 'busy' | 'gate' | 'on' | 'stopped';
  shape: ArchShape;
  word: string;
}

export function stateView(connection: ConnectionState, t: Strings): StateView {
  const view = (tone: StateView['tone'], shape: ArchShape, word: string): StateView => ({
    tone,
    shape,
    word,
  });
  switch (connection.phase) {
    case 'signed-out':
    case 'disconnected':
      return view('off', 'closed', t.state[connection.phase]);
    case 'gate':
      return view(
        'gate',
        'keyhole',
        connection.prompt.challenge.requires.includes('totp') ? t.state.gate : t.state.unlock,
      );
    case 'connecting':
    case 'reconnecting':
    case 'disconnecting':
      return view('busy', 'opening', t.state[connection.phase]);
    case 'connected':
      return connection.health === 'good'
        ? view('on', 'open', t.state.connected)
        : view('busy', 'opening', t.state.stale);
    case 'blocked':
      return view('stopped', 'barred', t.state.blocked);
    default:
      return assertNever(connection);
  }
}

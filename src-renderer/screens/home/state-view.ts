import { assertNever } from '../../../src-shared/assert-never.ts';
import type { ConnectionState } from '../../../src-shared/connection-state.ts';
import type { ArchShape } from '../../../src-ui/parts/arch.tsx';
import type { Words } from '../../strings/en.ts';

/** How a state looks: one tone, one shape, one word. */
export interface StateView {
  tone: 'off' | 'busy' | 'gate' | 'on' | 'stopped';
  shape: ArchShape;
  word: string;
}

export function stateView(connection: ConnectionState, w: Words): StateView {
  const view = (tone: StateView['tone'], shape: ArchShape, word: string): StateView => ({
    tone,
    shape,
    word,
  });
  switch (connection.phase) {
    case 'signed-out':
    case 'disconnected':
      return view('off', 'closed', w.state[connection.phase]);
    case 'gate':
      return view(
        'gate',
        'keyhole',
        connection.prompt.challenge.requires.includes('totp') ? w.state.gate : w.state.unlock,
      );
    case 'connecting':
    case 'reconnecting':
    case 'disconnecting':
      return view('busy', 'opening', w.state[connection.phase]);
    case 'connected':
      return connection.health === 'stale'
        ? view('busy', 'opening', w.state.stale)
        : view('on', 'open', w.state.connected);
    case 'blocked':
      return view('stopped', 'barred', w.state.blocked);
    default:
      return assertNever(connection);
  }
}

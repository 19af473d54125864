import { assertNever } from '../../../src-shared/assert-never.ts';
import type { ConnectionState } from '../../../src-shared/connection-state.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { openSetUp } from '../../store/view-store.ts';
import type { Words } from '../../strings/en.ts';
import { useWords } from '../../strings/use-words.ts';

interface Action {
  label: string;
  command: 'connect' | 'cancel' | 'disconnect' | null;
}

function actionOf(connection: ConnectionState, w: Words): Action {
  switch (connection.phase) {
    case 'signed-out':
    case 'disconnected':
      return { label: w.home.connect, command: 'connect' };
    case 'gate':
    case 'connecting':
    case 'reconnecting':
      return { label: w.home.cancel, command: 'cancel' };
    case 'connected':
      return { label: w.home.disconnect, command: 'disconnect' };
    case 'disconnecting':
      return { label: w.state.disconnecting, command: null };
    case 'blocked':
      return { label: w.home.reconnect, command: 'connect' };
    default:
      return assertNever(connection);
  }
}

/** The one large button. It stays the same element through all states, so that focus is never lost. */
export function MainButton({ hasGateway, wishedId }: { hasGateway: boolean; wishedId: string | null }) {
  const { w } = useWords();
  const connection = useSnapshot((s) => s.connection);
  const connect = useCommand('connection.connect');
  const cancel = useCommand('connection.cancel');
  const disconnect = useCommand('connection.disconnect');
  const { label, command } = actionOf(connection, w);

  function press(): void {
    for (const each of [connect, cancel, disconnect]) each.clear();
    if (command === 'connect') void connect.run(wishedId === null ? {} : { gatewayId: wishedId });
    if (command === 'cancel') void cancel.run(undefined);
    if (command === 'disconnect') void disconnect.run(undefined);
  }

  // What ended an attempt is in the state already; only a refused press needs words of its own.
  const isTold = 'cause' in connection && connection.cause !== null;
  const refused = command === 'connect' && !isTold ? connect.problem : (cancel.problem ?? disconnect.problem);
  return (
    <div className="main-button">
      <Button
        look={command === 'connect' ? 'primary' : 'secondary'}
        size="large"
        isDisabled={command === null || (command === 'connect' && !hasGateway)}
        isBusy={command === 'disconnect' && disconnect.isBusy}
        onPress={press}
      >
        {label}
      </Button>
      {connection.phase === 'blocked' && (
        <Button look="quiet" isBusy={disconnect.isBusy} onPress={() => void disconnect.run(undefined)}>
          {w.home.disconnect}
        </Button>
      )}
      {isSetUpMissing(connection) && (
        <Button look="quiet" onPress={() => openSetUp('all')}>
          {w.home.setUp}
        </Button>
      )}
      <ProblemNote problem={refused} />
    </div>
  );
}

function isSetUpMissing(connection: ConnectionState): boolean {
  if (connection.phase !== 'disconnected') return false;
  return connection.cause?.code === 'unlock-not-enrolled' || connection.cause?.code === 'pin-removed';
}

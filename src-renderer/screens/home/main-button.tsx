import { assertNever } from '../../../src-shared/assert-never.ts';
import type { ConnectionState } from '../../../src-shared/connection-state.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import type { Strings } from '../../../src-ui/strings/en.ts';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { openSetUp } from '../../store/view-store.ts';

interface Action {
  label: string;
  command: 'connect' | 'cancel' | 'disconnect' | null;
}

function actionOf(connection: ConnectionState, t: Strings): Action {
  switch (connection.phase) {
    case 'signed-out':
    case 'disconnected':
      return { label: t.home.connect, command: 'connect' };
    case 'gate':
    case 'connecting':
    case 'reconnecting':
      return { label: t.home.cancel, command: 'cancel' };
    case 'connected':
      return { label: t.home.disconnect, command: 'disconnect' };
    case 'disconnecting':
      return { label: t.state.disconnecting, command: null };
    case 'blocked':
      return { label: t.home.reconnect, command: 'connect' };
    default:
      return assertNever(connection);
  }
}

/** The one large button. It stays the same element through all states, so that focus is never lost. */
export function MainButton({ gatewayId }: { gatewayId: string | null }) {
  const { t } = useLanguage();
  const connection = useSnapshot((s) => s.connection);
  const connect = useCommand('connection.connect');
  const cancel = useCommand('connection.cancel');
  const disconnect = useCommand('connection.disconnect');
  const { label, command } = actionOf(connection, t);

  function press(): void {
    for (const each of [connect, cancel, disconnect]) each.clear();
    if (command === 'connect') void connect.run(gatewayId === null ? {} : { gatewayId });
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
        isDisabled={command === null || (command === 'connect' && gatewayId === null)}
        isBusy={command === 'disconnect' && disconnect.isBusy}
        onPress={press}
      >
        {label}
      </Button>
      {connection.phase === 'blocked' && (
        <Button look="quiet" isBusy={disconnect.isBusy} onPress={() => void disconnect.run(undefined)}>
          {t.home.disconnect}
        </Button>
      )}
      {isSetUpMissing(connection) && (
        <Button look="quiet" onPress={() => openSetUp('all')}>
          {t.home.setUp}
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

import { useEffect } from 'react';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';

/** Has the way to the gateways measured while there is a choice: when the screen is opened, and when there are others. */
export function useNearness(): void {
  const { run } = useCommand('gateways.measure');
  const reachable = useSnapshot((s) =>
    s.isOnline && s.connection.phase === 'disconnected' && s.tunnel?.phase === 'down'
      ? s.gateways.flatMap(({ isOnline, endpoint }) => (isOnline && endpoint ? [endpoint] : [])).join(' ')
      : '',
  );
  useEffect(() => {
    if (reachable.includes(' ')) void run(undefined);
  }, [reachable, run]);
}

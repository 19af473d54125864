import { useSnapshot } from '../../store/snapshot-store.ts';
import { GateDialog } from './gate-dialog.tsx';

/** The question of the server, over whatever screen is open: before a connection, or to renew a running one. */
export function Gate() {
  const connection = useSnapshot((s) => s.connection);
  if (connection.phase === 'gate')
    return <GateDialog key="gate" prompt={connection.prompt} isRenewal={false} />;
  if (connection.phase === 'connected' && connection.renewal)
    return <GateDialog key="renewal" prompt={connection.renewal} isRenewal />;
  return null;
}

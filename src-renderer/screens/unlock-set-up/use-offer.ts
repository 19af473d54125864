import { useSnapshot } from '../../store/snapshot-store.ts';
import { type SetUpGoal, useView } from '../../store/view-store.ts';

/** What stands before every screen: a set-up that is open, or the reason to offer one. */
export type Offer = { kind: 'set-up'; goal: SetUpGoal } | { kind: 'locked-out' } | { kind: 'not-set-up' };

export function useOffer(): Offer | null {
  const goal = useView((view) => view.setUp);
  const putAside = useView((view) => view.putAside);
  const connection = useSnapshot((s) => s.connection);
  if (goal !== null) return { kind: 'set-up', goal };
  // The mirror keeps what did not change, so the same end of a connection is the same object.
  if (connection.phase !== 'disconnected' || connection === putAside) return null;
  if (connection.cause?.code === 'pin-removed') return { kind: 'locked-out' };
  return connection.cause?.code === 'unlock-not-enrolled' ? { kind: 'not-set-up' } : null;
}

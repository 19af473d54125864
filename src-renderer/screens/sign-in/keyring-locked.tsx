import { Door } from '../../../src-ui/parts/door.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';

/** In place of the sign-in: somebody is signed in, and their keyring is still shut. It goes away by itself. */
export function KeyringLocked() {
  const { w } = useWords();
  const session = useSnapshot((s) => s.lockedSession);
  return (
    <Door title={w.keyringLocked.title} text={w.keyringLocked.text}>
      {session && <p role="status">{w.keyringLocked.who(session.email, session.serverName)}</p>}
    </Door>
  );
}

import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { plainText } from '../view/plain-text.ts';
import { lockedSentence } from '../view/words.ts';

/** Why nobody is signed in: a keyring that is locked (it keeps whose session?) or missing, or nobody is. */
export function notSignedIn({ keychain, lockedSession }: Snapshot): Problem {
  if (keychain === 'unavailable') return problem('keychain-unavailable');
  if (keychain !== 'locked') return problem('signed-out');
  if (!lockedSession) return problem('keychain-locked');
  return problem(
    'keychain-locked',
    lockedSentence(plainText(lockedSession.email), plainText(lockedSession.serverName)),
  );
}

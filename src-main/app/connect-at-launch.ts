import type { ClientCore } from '../../src-client/core.ts';

export interface ConnectAtLaunchOptions {
  /** Started. */
  core: Pick<ClientCore, 'snapshot' | 'subscribe'>;
  /** The setting, as it is when it comes to it. */
  isWanted: () => boolean;
  connect: () => void;
}

/**
 * Connects once: now, or when the keyring that was locked at launch has been opened. Not for somebody who signs in
 * later, and not after the session that waited is gone.
 */
export function connectAtLaunch({ core, isWanted, connect }: ConnectAtLaunchOptions): void {
  const { account, lockedSession } = core.snapshot();
  if (account) {
    if (isWanted()) connect();
    return;
  }
  if (!lockedSession) return;
  const unsubscribe = core.subscribe((snapshot) => {
    if (snapshot.lockedSession) return;
    unsubscribe();
    if (snapshot.account?.email === lockedSession.email && isWanted()) connect();
  });
}

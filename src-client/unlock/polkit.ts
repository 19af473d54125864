import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { uidOf } from '../../src-node/passwd.ts';
import type { UnlockObstacle } from '../../src-shared/unlock.ts';
import { openAuthority, type PolkitAuthority } from './polkit-authority.ts';
import type { PromptResult, SoftProvider } from './provider.ts';

/** The action of `assets/polkit/io.postern.desktop.policy`; its text is what the user reads. */
export const UNLOCK_ACTION = 'io.postern.desktop.unlock';

export interface PolkitOptions {
  /** Address of the system bus, see `system-bus.ts`; asked each time. Null: none that can be trusted. */
  busAddress: () => string | null;
  /** Who we are: root is always let through, so that its yes says nothing. */
  uid: number;
  /** Whether this user may own the name of polkit on the bus. Default: root and the user `polkitd`. */
  isTrustedOwner?: (uid: number) => boolean;
  log: Logger;
}

/**
 * The system's sign-in on Linux (`uv-soft`, level D): polkit asks for fingerprint or password. Before each question a
 * preflight makes sure that somebody would really be asked.
 */
export function createPolkitProvider(options: PolkitOptions): SoftProvider {
  const { busAddress, uid, isTrustedOwner = isRootOrPolkitd, log } = options;

  async function withAuthority<T>(run: (authority: PolkitAuthority) => Promise<T>, otherwise: T): Promise<T> {
    const address = busAddress();
    if (address === null) return otherwise;
    const authority = await openAuthority(address, isTrustedOwner, log);
    if (!authority) return otherwise;
    try {
      return await run(authority);
    } finally {
      await authority.close();
    }
  }

  /** Flags 0 ask nobody. Only "no, but a challenge would help" means that flags 1 will ask a person. */
  async function preflight(authority: PolkitAuthority): Promise<UnlockObstacle | null> {
    const actions = await authority.actions();
    if (actions === null) return 'no-service';
    if (!actions.includes(UNLOCK_ACTION)) return 'not-installed';
    const answer = await authority.check(UNLOCK_ACTION, 'without-asking', randomUUID());
    if (answer === 'failed' || answer === 'aborted') return 'no-service';
    if (answer.isAuthorized) return 'asks-nobody';
    return answer.isChallenge ? null : 'not-at-screen';
  }

  async function obstacle(): Promise<UnlockObstacle | null> {
    if (uid === 0) return 'asks-nobody';
    return withAuthority<UnlockObstacle | null>(preflight, 'no-service');
  }

  async function ask(authority: PolkitAuthority, signal: AbortSignal): Promise<PromptResult<null>> {
    const inTheWay = await preflight(authority);
    if (inTheWay) {
      log.warn({ obstacle: inTheWay }, 'polkit would not ask anybody');
      return { outcome: 'unavailable' };
    }
    const answer = await authority.check(UNLOCK_ACTION, 'ask-the-user', randomUUID(), signal);
    if (answer === 'aborted') return { outcome: 'cancelled' };
    if (answer === 'failed') return { outcome: 'failed' };
    if (answer.isAuthorized) return { outcome: 'verified', value: null };
    return { outcome: answer.isDismissed ? 'cancelled' : 'refused' };
  }

  return {
    kind: 'polkit',
    method: 'uv-soft',
    obstacle,
    async prove({ signal }) {
      if (signal.aborted) return { outcome: 'cancelled' };
      if (uid === 0) return { outcome: 'unavailable' };
      return withAuthority<PromptResult<null>>((authority) => ask(authority, signal), {
        outcome: 'unavailable',
      });
    },
  };
}

function isRootOrPolkitd(uid: number): boolean {
  return uid === 0 || uid === uidOf('polkitd');
}

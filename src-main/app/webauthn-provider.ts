import type { HardwareProvider, PromptResult, WebAuthnJson } from '../../src-client/unlock/provider.ts';
import type { UnlockAnswer, UnlockTask } from '../../src-shared/unlock-page-ipc.ts';
import type { Words } from './words.ts';

/** The page's answer, or `closed`: by the person or by the caller's signal, or `failed`: no page could ask. */
export type UnlockOutcome = UnlockAnswer | { kind: 'closed' } | { kind: 'failed' };

export interface WebAuthnOptions {
  /** Has an unlock window do one task. */
  ask: (task: UnlockTask, signal: AbortSignal) => Promise<UnlockOutcome>;
  /** False where the app lacks what the system asks of it: on macOS a signature with its own key group. */
  isInstalled: boolean;
  platform: string;
  words: () => Words;
  /** Whom the window says that it asks for. */
  account: () => { serverName: string; email: string } | null;
  /** Milliseconds, never set back. */
  monotonic: () => number;
}

const PROBE_LIMIT_MS = 10_000;
/** A probe opens a page, and each question is preceded by one: a yes is good for a while. */
const AVAILABLE_FOR_MS = 30_000;
/** One may have been a slip of the hand; after the second the person is offered other ways. */
const REFUSED_FROM = 2;

/**
 * Windows Hello and Touch ID by way of Chromium's own WebAuthn (`uv-hw`, level A). A person's no, a finger that does
 * not fit and a key that was deleted all look the same there (`NotAllowedError`): the first counts as `cancelled`, a
 * second in a row as `refused`. Not seen on macOS or Windows yet.
 */
export function createWebAuthnProvider(options: WebAuthnOptions): HardwareProvider {
  const { ask, isInstalled, platform, words, account, monotonic } = options;
  let refusals = 0;
  let availableUntil = Number.NEGATIVE_INFINITY;

  function resultOf(outcome: UnlockOutcome): PromptResult<WebAuthnJson> {
    switch (outcome.kind) {
      case 'credential':
        refusals = 0;
        return { outcome: 'verified', value: outcome.credential };
      case 'closed':
      case 'cancelled':
        return { outcome: 'cancelled' };
      case 'error':
        if (outcome.name !== 'NotAllowedError') return { outcome: 'failed' };
        refusals += 1;
        return { outcome: refusals >= REFUSED_FROM ? 'refused' : 'cancelled' };
      default:
        return { outcome: 'failed' };
    }
  }
  const pageWords = () => {
    const { unlockTitle, unlockLead, cancel, language } = words();
    const whom = account();
    const lead = whom ? unlockLead(whom.serverName, whom.email).slice(0, 400) : '';
    const name = platform === 'darwin' ? 'Touch ID' : platform === 'win32' ? 'Windows Hello' : 'WebAuthn';
    return { title: unlockTitle(name), lead, cancel, language };
  };

  return {
    kind: 'webauthn',
    method: 'uv-hw',
    async obstacle() {
      if (!isInstalled) return 'not-installed';
      if (monotonic() < availableUntil) return null;
      const outcome = await ask({ kind: 'probe' }, AbortSignal.timeout(PROBE_LIMIT_MS));
      if (outcome.kind !== 'probed') return 'not-here';
      if (!outcome.isAvailable) return 'no-hardware';
      availableUntil = monotonic() + AVAILABLE_FOR_MS;
      return null;
    },
    async prove({ nonce, credentialId, signal }) {
      const task = { kind: 'get', nonce, credentialId, words: pageWords() } as const;
      return resultOf(await ask(task, signal));
    },
    async enrol({ nonce, userId, userName, signal }) {
      const task = {
        kind: 'create',
        nonce,
        userId,
        userName: userName.slice(0, 400),
        words: pageWords(),
      } as const;
      return resultOf(await ask(task, signal));
    },
  };
}

import type { SoftProvider } from '../../src-client/unlock/provider.ts';

export interface TouchIdOptions {
  /** `systemPreferences.canPromptTouchID`. */
  canPrompt: () => boolean;
  /** `systemPreferences.promptTouchID`: rejects with the system's words when the person was not verified. */
  prompt: (reasonText: string) => Promise<void>;
}

const REFUSED_FROM = 2;

/**
 * "Touch ID or Mac password" (`uv-soft`, level D), for Macs where WebAuthn cannot be used. The system's sheet cannot be
 * taken back: after an abort its answer is not heard, and no second sheet is opened over it. A cancel and a finger that
 * does not fit look the same: `cancelled` first, `refused` from the second in a row. Not seen on a Mac yet.
 */
export function createTouchIdProvider({ canPrompt, prompt }: TouchIdOptions): SoftProvider {
  let refusals = 0;
  let isOpen = false;
  return {
    kind: 'touch-id',
    method: 'uv-soft',
    obstacle: async () => (canPrompt() ? null : 'no-hardware'),
    async prove({ reasonText, signal }) {
      if (signal.aborted) return { outcome: 'cancelled' };
      if (isOpen || !canPrompt()) return { outcome: 'unavailable' };
      isOpen = true;
      const asked = prompt(reasonText).then(
        () => true,
        () => false,
      );
      void asked.finally(() => {
        isOpen = false;
      });
      const aborted = Promise.withResolvers<null>();
      const onAbort = () => aborted.resolve(null);
      signal.addEventListener('abort', onAbort);
      const isVerified = await Promise.race([aborted.promise, asked]);
      signal.removeEventListener('abort', onAbort);
      if (isVerified === null) return { outcome: 'cancelled' };
      refusals = isVerified ? 0 : refusals + 1;
      if (isVerified) return { outcome: 'verified', value: null };
      return { outcome: refusals >= REFUSED_FROM ? 'refused' : 'cancelled' };
    },
  };
}

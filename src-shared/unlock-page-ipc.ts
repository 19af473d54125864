import * as z from 'zod';
import { base64url } from './primitives.ts';

/**
 * Unlock window ↔ main: the page at `UNLOCK_ORIGIN` asks once what it is here for and answers once. It learns nothing
 * else, and whoever takes the question back closes the window.
 */
export const UNLOCK_TASK_CHANNEL = 'unlock:task';
export const UNLOCK_ANSWER_CHANNEL = 'unlock:answer';

const text = z.string().max(400);
/** What the window says while the system asks. */
const pageWords = z.strictObject({ title: text, lead: text, cancel: text, language: z.enum(['en', 'de']) });

export const unlockTask = z.discriminatedUnion('kind', [
  /** Whether this computer could ask: nothing is shown and nobody is asked. */
  z.strictObject({ kind: z.literal('probe') }),
  /** A new credential. `userId` and `nonce` (the challenge) base64url. */
  z.strictObject({
    kind: z.literal('create'),
    nonce: base64url,
    userId: base64url,
    userName: text,
    words: pageWords,
  }),
  /** An assertion by one credential. */
  z.strictObject({ kind: z.literal('get'), nonce: base64url, credentialId: base64url, words: pageWords }),
]);
export type UnlockTask = z.infer<typeof unlockTask>;

export const unlockAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('probed'), isAvailable: z.boolean() }),
  /** RegistrationResponseJSON or AuthenticationResponseJSON of WebAuthn level 3. */
  z.strictObject({ kind: z.literal('credential'), credential: z.record(z.string().max(100), z.unknown()) }),
  /** Name of a DOMException, e.g. `NotAllowedError`: a person's no, a failed finger and a deleted key look the same. */
  z.strictObject({ kind: z.literal('error'), name: z.string().max(60) }),
  /** The button in the window. */
  z.strictObject({ kind: z.literal('cancelled') }),
]);
export type UnlockAnswer = z.infer<typeof unlockAnswer>;

/** What the preload of the unlock window puts on `window.posternUnlock`, frozen. */
export interface UnlockBridge {
  task(): Promise<UnlockTask>;
  answer(answer: UnlockAnswer): Promise<void>;
}

import type { CodeMethod } from '../../src-shared/otp-code.ts';
import type { ProofAnswer, UnlockMethod } from '../../src-shared/unlock.ts';
import type { Countdown } from './countdown.ts';

/** How an answer is asked for, whether a person sits at a terminal or a script feeds lines. */

export interface TextQuestion {
  kind:
    | 'server'
    | 'email'
    | 'password'
    | 'saved'
    | 'new-pin'
    | 'repeat-pin'
    | 'new-password'
    | 'repeat-password'
    | 'set-up';
  message: string;
  /** Not echoed. */
  isSecret: boolean;
  /** A sentence that refuses the text; null takes it. */
  check?: (text: string) => string | null;
}

/** What stands in the way of a method, by this computer's clock. */
export type Countdowns = Partial<Record<ProofAnswer['method'], Countdown>>;

export interface CodeQuestion {
  kind: 'sign-in' | 'gate' | 'renew' | 'confirm-factor' | 'allow-change';
  messages: Record<CodeMethod, string>;
  methods: readonly CodeMethod[];
  /** The method that is asked for first. */
  start: CodeMethod;
  countdowns: Countdowns;
  /** The keys, as a person is told them, for the method. */
  keys: Record<CodeMethod, string>;
  /** Harmless facts for the `prompt` event of `--json`. */
  about?: Record<string, unknown>;
}

export interface CodeAnswer {
  method: CodeMethod;
  /** Normalised: six ASCII digits, or a backup code without spaces and hyphens. */
  code: string;
}

/** Asks how to unlock: the PIN, hidden, or the word to ask the system. */
export interface UnlockQuestion {
  kind: 'gate' | 'renew' | 'test';
  /** In the order in which they are offered; never empty. */
  methods: readonly UnlockMethod[];
  messages: Record<UnlockMethod, string>;
  keys: Record<UnlockMethod, string>;
  countdowns: Countdowns;
  about?: Record<string, unknown>;
}

export type UnlockAnswer = Extract<ProofAnswer, { method: UnlockMethod }>;

/** `withdrawn`: the question became obsolete (its signal aborted). */
export type Asked<T> =
  | { kind: 'answer'; value: T }
  | { kind: 'cancelled'; by: 'escape' | 'interrupt' | 'end-of-input' }
  | { kind: 'withdrawn' };

/** Asks one question at a time. Never rejects for what a user can do. */
export interface Asker {
  text(question: TextQuestion, signal: AbortSignal): Promise<Asked<string>>;
  code(question: CodeQuestion, signal: AbortSignal): Promise<Asked<CodeAnswer>>;
  unlock(question: UnlockQuestion, signal: AbortSignal): Promise<Asked<UnlockAnswer>>;
  /** Shows that the system is asking until the signal aborts; Esc and Ctrl-C resolve earlier, as `cancelled`. */
  wait(message: string, keys: string, signal: AbortSignal): Promise<Asked<never>>;
  /** True when a person can see and answer. */
  readonly isInteractive: boolean;
}

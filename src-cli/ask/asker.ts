import type { Countdown } from './countdown.ts';

/** How an answer is asked for, whether a person sits at a terminal or a script feeds lines. */

export type CodeMethod = 'totp' | 'backup-code';

export interface TextQuestion {
  kind: 'server' | 'email' | 'password' | 'saved';
  message: string;
  /** Not echoed. */
  isSecret: boolean;
  /** A sentence that refuses the text; null takes it. */
  check?: (text: string) => string | null;
}

export interface CodeQuestion {
  kind: 'sign-in' | 'gate' | 'renew' | 'confirm-factor';
  messages: Record<CodeMethod, string>;
  methods: readonly CodeMethod[];
  /** The method that is asked for first. */
  start: CodeMethod;
  countdowns: Partial<Record<CodeMethod, Countdown>>;
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

/** `withdrawn`: the question became obsolete (its signal aborted). */
export type Asked<T> =
  | { kind: 'answer'; value: T }
  | { kind: 'cancelled'; by: 'escape' | 'interrupt' | 'end-of-input' }
  | { kind: 'withdrawn' };

/** Asks one question at a time. Never rejects for what a user can do. */
export interface Asker {
  text(question: TextQuestion, signal: AbortSignal): Promise<Asked<string>>;
  code(question: CodeQuestion, signal: AbortSignal): Promise<Asked<CodeAnswer>>;
  /** True when a person can see and answer. */
  readonly isInteractive: boolean;
}

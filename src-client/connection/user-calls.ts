import { createHmac, randomBytes } from 'node:crypto';
import type { Problem } from '../../src-shared/problem.ts';
import type { ProofAnswer } from '../../src-shared/unlock.ts';
import type { Feed, ProofPart, Untimed } from './machine-types.ts';

/** Calls of the user that the machine settles. What was typed lives here only, until it is taken or settled. */
export class UserCalls {
  readonly #feed: Feed;
  readonly #fingerprintKey = randomBytes(32);
  readonly #typed = new Map<number, readonly ProofAnswer[]>();
  readonly #waiting = new Map<number, (answer: Problem | null) => void>();
  #lastTicket = 0;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Null: accepted. Codes are normalised already. */
  submit(answers: readonly ProofAnswer[]): Promise<Problem | null> {
    return this.#ask((ticket) => {
      this.#typed.set(ticket, answers);
      const parts = answers.map((answer) => this.#partOf(answer));
      return { type: 'user.submit', proof: { ticket, parts } };
    });
  }

  renew(): Promise<Problem | null> {
    return this.#ask((ticket) => ({ type: 'user.renew', ticket }));
  }

  /** Once: what was typed is let go of here. */
  takeTyped(ticket: number): readonly ProofAnswer[] {
    const answers = this.#typed.get(ticket) ?? [];
    this.#typed.delete(ticket);
    return answers;
  }

  settle(ticket: number, answer: Problem | null): void {
    this.#waiting.get(ticket)?.(answer);
    this.#waiting.delete(ticket);
    this.#typed.delete(ticket);
  }

  #ask(event: (ticket: number) => Untimed): Promise<Problem | null> {
    this.#lastTicket += 1;
    const ticket = this.#lastTicket;
    return new Promise((resolve) => {
      this.#waiting.set(ticket, resolve);
      this.#feed(event(ticket));
    });
  }

  #partOf(answer: ProofAnswer): ProofPart {
    if (answer.method !== 'totp' && answer.method !== 'backup-code') return { method: answer.method };
    const { method, code } = answer;
    const fingerprint = createHmac('sha256', this.#fingerprintKey).update(`${method} ${code}`).digest('hex');
    return { method, fingerprint };
  }
}

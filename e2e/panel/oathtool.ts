import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 30_000;
/** How long a code is good for at least, unless a test needs longer. */
const LASTS_MS = 10_000;

/** The code of the secret (Base32) in a step of 30 s, by a program that shares nothing with the server. */
export function codeAt(secret: string, step: number): string {
  const now = new Date(step * STEP_MS).toISOString().replace('T', ' ').slice(0, 19);
  return execFileSync('oathtool', ['--totp', '--base32', '--now', `${now} UTC`, secret], {
    encoding: 'utf8',
  }).trim();
}

/** A phone: gives a code that the server takes now, and each only once. */
export class Phone {
  readonly secret: string;
  #last = 0;

  constructor(secret: string) {
    this.secret = secret.replaceAll(' ', '');
  }

  /**
   * The server takes the present step and one on either side, later than the last; waits where none is left. `lastsMs`,
   * up to half a minute: the step before is passed over when it ends sooner.
   */
  async code(lastsMs = LASTS_MS): Promise<string> {
    const now = Math.floor(Date.now() / STEP_MS);
    const isEnding = STEP_MS - (Date.now() % STEP_MS) < lastsMs;
    const step = Math.max(this.#last + 1, isEnding ? now : now - 1);
    if (step > now + 1) await sleep((step - 1) * STEP_MS - Date.now() + 100);
    this.#last = step;
    return codeAt(this.secret, step);
  }

  /** A code that was right long ago. */
  oldCode(): string {
    return codeAt(this.secret, Math.floor(Date.now() / STEP_MS) - 200);
  }

  /** The step of the last code: what another phone with this secret must know. */
  get lastStep(): number {
    return this.#last;
  }
}

import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 30_000;
/** Room that a person needs before the step ends. */
const ROOM_MS = 3000;

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

  /** The server takes the present step and one on either side, later than the last; waits where none is left. */
  async code(): Promise<string> {
    const room = STEP_MS - (Date.now() % STEP_MS);
    if (room < ROOM_MS) await sleep(room + 100);
    const now = Math.floor(Date.now() / STEP_MS);
    const step = Math.max(this.#last + 1, now - 1);
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

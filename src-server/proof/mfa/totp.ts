import { timingSafeEqual } from 'node:crypto';
import { generateSecret, generateSync, generateURI } from 'otplib';
import type { ClockDrift } from '../../../src-shared/otp-code.ts';

export const TOTP_STEP_MS = 30_000;
/** Steps that are accepted: the current one and one on either side (RFC 6238 §5.2). */
export const TOTP_WINDOW = 1;
/** Steps that are looked at to tell a clock that is off from a wrong code. */
export const TOTP_DRIFT_WINDOW = 10;

/** 160 random bits in Base32 (RFC 4226 §4, R6). */
export function newTotpSecret(): string {
  return generateSecret({ length: 20 });
}

/** Number of whole 30 s steps since 1970 (RFC 6238 §4.2). */
export function totpStep(timeMs: number): number {
  return Math.floor(timeMs / TOTP_STEP_MS);
}

/** The six digits of a step: SHA-1, 30 s, what every authenticator app reads. */
export function totpAt(secret: string, step: number): string {
  return generateSync({
    secret,
    strategy: 'totp',
    algorithm: 'sha1',
    digits: 6,
    period: TOTP_STEP_MS / 1000,
    epoch: (step * TOTP_STEP_MS) / 1000,
  });
}

/** The steps from `from` to `to` whose code is this one; every step is compared, each in constant time. */
export function matchingSteps(secret: string, code: string, from: number, to: number): number[] {
  const given = Buffer.from(code);
  const matches: number[] = [];
  for (let step = Math.max(0, from); step <= to; step++) {
    const expected = Buffer.from(totpAt(secret, step));
    if (expected.length === given.length && timingSafeEqual(expected, given)) matches.push(step);
  }
  return matches;
}

/**
 * What the QR code of the set-up holds. Apps part the label at its first colon, however it is encoded, and refuse or show
 * two names where what stands before is not the issuer: neither has a colon ("Example: Berlin" → "Example - Berlin").
 */
export function otpauthUri(secret: string, team: string, account: string): string {
  return generateURI({
    secret,
    issuer: withoutColons(team),
    label: withoutColons(account),
    strategy: 'totp',
    digits: 6,
    period: TOTP_STEP_MS / 1000,
  });
}

const withoutColons = (name: string) => name.replace(/\s*:\s+/g, ' - ').replaceAll(':', '-');

/** Which way the phone's clock is off, and no more: by how much would say when a code that was refused becomes right. */
export function driftOf(step: number, currentStep: number): ClockDrift {
  return step > currentStep ? 'ahead' : 'behind';
}

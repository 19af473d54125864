import { decodeJwt } from 'jose';
import { type GuardClaims, guardClaims } from '../../src-shared/guard.ts';

/** A helper that can hold traffic back, as a connect tells of it. */
export const guardingHelper = { version: '0.2.0', features: ['control', 'refresh', 'guard'] };

/** What a guard says; its signature is not looked at. */
export function guardOf(token: string): GuardClaims {
  return guardClaims.parse(decodeJwt(token));
}

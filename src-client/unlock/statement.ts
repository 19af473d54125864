import type { KeyObject } from 'node:crypto';
import { CompactSign } from 'jose';
import { STATEMENT_TYPE, type UnlockStatement } from '../../src-shared/unlock.ts';

/** The compact JWS (RFC 7515, ES256) by the device key that goes with a `pin` or `uv-soft` proof. */
export async function signStatement(statement: UnlockStatement, deviceKey: KeyObject): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(statement), 'utf8'))
    .setProtectedHeader({ alg: 'ES256', typ: STATEMENT_TYPE })
    .sign(deviceKey);
}

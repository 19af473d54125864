import { createPublicKey } from 'node:crypto';
import { compactVerify, errors } from 'jose';
import { parseJson } from '../../../src-shared/parse-json.ts';
import { STATEMENT_TYPE, type UnlockStatement, unlockStatement } from '../../../src-shared/unlock.ts';

/** Why a statement counts for nothing. */
export type StatementFault = 'signature' | 'malformed';

export type VerifiedStatement =
  | { ok: true; statement: UnlockStatement }
  | { ok: false; fault: StatementFault };

/**
 * Verifies the `signature` of a `pin` or `uv-soft` proof: compact JWS (RFC 7515), ES256 only, `typ` STATEMENT_TYPE, by
 * the P-256 key (SPKI, base64url). What the statement says is the caller's to compare.
 */
export async function verifyStatement(jws: string, publicKey: string): Promise<VerifiedStatement> {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
  try {
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['ES256'] });
    if (protectedHeader.typ !== STATEMENT_TYPE) return { ok: false, fault: 'malformed' };
    const parsed = unlockStatement.safeParse(parseJson(Buffer.from(payload).toString('utf8')));
    return parsed.success ? { ok: true, statement: parsed.data } : { ok: false, fault: 'malformed' };
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return { ok: false, fault: 'signature' };
    if (error instanceof errors.JOSEError) return { ok: false, fault: 'malformed' };
    throw error;
  }
}

import { TEMPORARY_PASSWORD_SECONDS } from '../../../src-shared/password-rules.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { hashSecret } from '../../proof/mfa/secret-hash.ts';
import { preparedPassword } from './password-text.ts';

/** A password in the form that is stored. Slow (argon2id): call it outside any transaction. */
export function hashNewPassword({ config }: Pick<ServerContext, 'config'>, typed: string): Promise<string> {
  return hashSecret(preparedPassword(typed), config.argon2);
}

/** When a password that is set at `now` ends; null for a member's own. Milliseconds since 1970. */
export function passwordEnd(isTemporary: boolean, now: number): number | null {
  return isTemporary ? now + TEMPORARY_PASSWORD_SECONDS * 1000 : null;
}

/** Puts a hash of `hashNewPassword` in the place of the member's password, as it was read; false when it is another by now. */
export async function replacePassword(
  tx: Tx,
  member: Pick<MemberRow, 'id' | 'password_version'>,
  next: { passwordHash: string; expiresAt: number | null },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('member')
    .set({
      password_hash: next.passwordHash,
      password_expires_at: next.expiresAt,
      password_version: member.password_version + 1,
    })
    .where('id', '=', member.id)
    .where('password_version', '=', member.password_version)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

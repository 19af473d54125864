import type { AddedMember } from '../../people/members/member-store.ts';

/** What a script reads. */
export function accountOf({ id, email, totp }: AddedMember): Record<string, unknown> {
  return totp
    ? { id, email, totpSecret: totp.secret, otpauthUri: totp.otpauthUri, backupCodes: totp.backupCodes }
    : { id, email };
}

/** What a person reads; secrets are shown this once. */
export function accountLines({ id, email, totp }: AddedMember): string[] {
  const added = `Added ${email} (${id})`;
  if (!totp) return [added, 'The authenticator app is set up at the first sign-in.'];
  return [
    added,
    'Shown only now:',
    `  authenticator  ${totp.otpauthUri}`,
    `  secret         ${totp.secret}`,
    ...totp.backupCodes.map((code, index) => `  ${index === 0 ? 'backup codes' : '            '}   ${code}`),
  ];
}

/** Of a password that this command has made. */
export function temporaryPasswordLine(email: string, password: string): string {
  return `${email} signs in with   ${password}   (shown only now; works for 7 days, and is changed at the first sign-in)`;
}

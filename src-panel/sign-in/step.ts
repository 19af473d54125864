import type { CodeMethod } from '../../src-shared/otp-code.ts';

/** Where a sign-in is, with what the server gave for it. */
export type Step =
  | { name: 'password'; text: string | undefined }
  | { name: 'mfa'; mfaToken: string; methods: readonly CodeMethod[] }
  | { name: 'set-up'; setupToken: string }
  | { name: 'codes'; codes: readonly string[] };

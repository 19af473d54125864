export interface SignInInput {
  serverUrl: string;
  /** PEM bundle to trust besides the system's, for servers with a CA of their own. */
  caFile?: string;
  email: string;
  password: string;
}

/** What `signIn` needs next, when it is not done. */
export type SignInStep =
  | { step: 'done' }
  | { step: 'mfa'; mfaToken: string; methods: ('totp' | 'backup-code')[] }
  | { step: 'mfa-setup'; setupToken: string }
  /** All is proven, but the password is temporary: `signInNewPassword` takes one of the person's own. */
  | { step: 'new-password'; passwordToken: string };

/** A new second factor, not in force before `confirmMfa`. `secret` is Base32. */
export interface MfaEnrolment {
  factorId: string;
  secret: string;
  otpauthUri: string;
}

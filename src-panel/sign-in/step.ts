import type { CodeMethod } from '../../src-shared/otp-code.ts';
import {
  panelMfaRequiredExtra,
  panelPasswordChangeExtra,
  panelSetupRequiredExtra,
} from '../../src-shared/panel/session.ts';
import type { Problem } from '../../src-shared/problem.ts';

/** Where a sign-in is, with what the server gave for it. */
export type Step =
  | { name: 'password'; text: string | undefined }
  | { name: 'mfa'; mfaToken: string; methods: readonly CodeMethod[] }
  | { name: 'set-up'; setupToken: string }
  | { name: 'codes'; codes: readonly string[] }
  | { name: 'new-password'; passwordToken: string };

/** The step that an answer asks for. `unread`: it asks for one, but cannot be read; null: it asks for none. */
export function nextStep(refusal: Problem): Step | 'unread' | null {
  switch (refusal.code) {
    case 'mfa-required': {
      const extra = panelMfaRequiredExtra.safeParse(refusal);
      return extra.success ? { name: 'mfa', ...extra.data } : 'unread';
    }
    case 'mfa-setup-required': {
      const extra = panelSetupRequiredExtra.safeParse(refusal);
      return extra.success ? { name: 'set-up', ...extra.data } : 'unread';
    }
    case 'password-change-required': {
      const extra = panelPasswordChangeExtra.safeParse(refusal);
      return extra.success ? { name: 'new-password', ...extra.data } : 'unread';
    }
    default:
      return null;
  }
}

import {
  backupCodesAnswer,
  newFactorAnswer,
  type PanelMfaRequest,
  type PanelNewPasswordRequest,
  type PanelSignInRequest,
  type PanelStepUpRequest,
  panelSession,
} from '../../src-shared/panel/session.ts';
import { call, nothing } from './call.ts';

export const signIn = (body: PanelSignInRequest) =>
  call({ method: 'POST', path: 'sign-in', body, answer: panelSession });

export const signInMfa = (body: PanelMfaRequest) =>
  call({ method: 'POST', path: 'sign-in/mfa', body, answer: panelSession });

export const signInNewPassword = (body: PanelNewPasswordRequest) =>
  call({ method: 'POST', path: 'sign-in/password', body, answer: panelSession });

export const beginSetUp = (setupToken: string) =>
  call({ method: 'POST', path: 'mfa/setup', body: { setupToken }, answer: newFactorAnswer });

export const confirmSetUp = (body: { setupToken: string; factorId: string; code: string }) =>
  call({ method: 'POST', path: 'mfa/confirm', body, answer: backupCodesAnswer });

/** Proves once more who it is, in this session. */
export const stepUp = (body: PanelStepUpRequest) =>
  call({ method: 'POST', path: 'session/step-up', body, answer: nothing });

export const signOut = () => call({ method: 'POST', path: 'sign-out', body: {}, answer: nothing });

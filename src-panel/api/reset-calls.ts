import { backupCodesAnswer, newFactorAnswer } from '../../src-shared/panel/session.ts';
import { call } from './call.ts';

export const beginReset = (body: { token: string; password: string }) =>
  call({ method: 'POST', path: 'mfa-reset/begin', body, answer: newFactorAnswer });

export const confirmReset = (body: { token: string; factorId: string; code: string }) =>
  call({ method: 'POST', path: 'mfa-reset/confirm', body, answer: backupCodesAnswer });

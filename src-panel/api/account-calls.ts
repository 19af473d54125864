import { accountAnswer, activityAnswer } from '../../src-shared/panel/account.ts';
import { backupCodesAnswer, newFactorAnswer } from '../../src-shared/panel/session.ts';
import { call, nothing, segment } from './call.ts';

export const getAccount = (signal?: AbortSignal) =>
  call({ method: 'GET', path: 'account', answer: accountAnswer, ...(signal ? { signal } : {}) });

export const getActivity = (cursor: string | undefined, signal?: AbortSignal) =>
  call({
    method: 'GET',
    path: 'account/activity',
    query: { cursor },
    answer: activityAnswer,
    ...(signal ? { signal } : {}),
  });

export const changePassword = (body: { currentPassword: string; newPassword: string }) =>
  call({ method: 'PUT', path: 'account/password', body, answer: nothing });

/** Without a password where the account says that none is needed. */
export const beginFactor = (password: string | undefined) =>
  call({
    method: 'POST',
    path: 'account/mfa/setup',
    body: password === undefined ? {} : { password },
    answer: newFactorAnswer,
  });

export const confirmFactor = (body: { factorId: string; code: string }) =>
  call({ method: 'POST', path: 'account/mfa/confirm', body, answer: backupCodesAnswer });

export const turnOffMfa = (password: string) =>
  call({ method: 'POST', path: 'account/mfa/turn-off', body: { password }, answer: nothing });

export const regenerateBackupCodes = () =>
  call({ method: 'POST', path: 'account/backup-codes', body: {}, answer: backupCodesAnswer });

export const endSession = (id: string) =>
  call({ method: 'DELETE', path: `account/sessions/${segment(id)}`, answer: nothing });

export const removeDevice = (id: string) =>
  call({ method: 'DELETE', path: `account/devices/${segment(id)}`, answer: nothing });

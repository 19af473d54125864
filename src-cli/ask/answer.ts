import { backupCode, type CodeMethod } from '../../src-shared/otp-code.ts';
import { isSetUpLink, normalizeOtpInput } from '../../src-shared/otp-input.ts';
import { PIN_MAX_LENGTH, PIN_MIN_LENGTH, pinText } from '../../src-shared/pin-rules.ts';
import { fixed } from '../view/words.ts';
import type { CodeAnswer } from './asker.ts';

/** What a person or a script answered a question for a code with. */
export type ParsedAnswer =
  | { kind: 'proof'; answer: CodeAnswer }
  | { kind: 'switch' }
  | { kind: 'cancel' }
  | { kind: 'unusable'; sentence: string };

/** Longest answer that is looked at, in UTF-16 units. */
const MAX_ANSWER_LENGTH = 256;

/**
 * Reads what was typed or pasted, for `method`. `b` (or `backup`) asks for the other way, `backup CODE` gives a
 * backup code at once, `cancel` gives up. What cannot be a code is refused here and costs no try.
 */
export function parseAnswer(text: string, method: CodeMethod, methods: readonly CodeMethod[]): ParsedAnswer {
  const trimmed = text.slice(0, MAX_ANSWER_LENGTH).normalize('NFKC').trim();
  if (isSetUpLink(trimmed)) return { kind: 'unusable', sentence: fixed.setUpLink };
  if (/^cancel$/i.test(trimmed)) return { kind: 'cancel' };
  if (/^(b|backup)$/i.test(trimmed) && methods.length > 1) return { kind: 'switch' };
  const prefixed = /^backup\s+(.+)$/i.exec(trimmed)?.[1];
  if (prefixed !== undefined && methods.includes('backup-code')) return parseBackupCode(prefixed);
  return method === 'totp' ? parseTotp(trimmed) : parseBackupCode(trimmed);
}

/** Why a text cannot be a PIN at all, so that it costs no try; null when it is sent. */
export function pinRefusal(text: string): string | null {
  const pin = pinText(text);
  if (pin.length > PIN_MAX_LENGTH) return fixed.pinTooLong;
  return [...pin].length < PIN_MIN_LENGTH ? fixed.pinTooShort : null;
}

function parseBackupCode(text: string): ParsedAnswer {
  const parsed = backupCode.safeParse(text);
  if (!parsed.success) return { kind: 'unusable', sentence: fixed.backupShape };
  return { kind: 'proof', answer: { method: 'backup-code', code: parsed.data } };
}

function parseTotp(text: string): ParsedAnswer {
  const digits = normalizeOtpInput(text, MAX_ANSWER_LENGTH);
  if (digits.length === 6) return { kind: 'proof', answer: { method: 'totp', code: digits } };
  const isBackup = /[A-Za-z]/.test(text) && backupCode.safeParse(text).success;
  return { kind: 'unusable', sentence: isBackup ? fixed.looksLikeBackupCode : fixed.sixDigits };
}

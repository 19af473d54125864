import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import { type CodeFailure, nextCodeInMsOf, retryAfterMsOf } from './failure-text.ts';

const DIGITS = 6;

/** A code, and what unlocks this device: a PIN, or a question of the system, into which nothing is typed. */
export type EntryPart = 'code' | 'unlock';

/** Which part of an answer a refusal is about: it is emptied and gets focus. */
export type Blamed = EntryPart | 'nothing' | 'all';

/** What is still missing before anything is sent. */
export type Lack = 'code' | 'old-code' | 'pin';

export interface Refusal {
  failure: CodeFailure;
  blamed: Blamed;
  /** The kind of code that was chosen when it was sent. */
  codeMethod: CodeMethod;
  /** Server clock, milliseconds. */
  at: number;
}

/** What is typed, what was sent and what the server said of it. */
export interface Entry {
  codeMethod: CodeMethod;
  typed: Readonly<Record<EntryPart, string>>;
  isSending: boolean;
  lack: Lack | null;
  refusal: Refusal | null;
  /** Set anew whenever focus has to go somewhere. */
  focusOn: { part: EntryPart } | null;
  sentCodes: readonly string[];
}

export type EntryEvent =
  | { kind: 'typed'; part: EntryPart; text: string }
  | { kind: 'method-chosen'; method: CodeMethod }
  | { kind: 'lacking'; lack: Lack }
  | { kind: 'sent' }
  | { kind: 'accepted'; empties: readonly EntryPart[] }
  /** Quiet: nothing was refused, the question was taken back. `parts`: of which the entry is made, in their order. */
  | { kind: 'refused'; refusal: Refusal; isQuiet: boolean; parts: readonly EntryPart[] }
  | { kind: 'code-expired'; lack: 'old-code' | null }
  | { kind: 'focus'; part: EntryPart }
  | { kind: 'locked' };

export function newEntry(codeMethod: CodeMethod, refusal: Refusal | null): Entry {
  const typed = { code: '', unlock: '' };
  return { codeMethod, typed, isSending: false, lack: null, refusal, focusOn: null, sentCodes: [] };
}

export function entryAfter(entry: Entry, event: EntryEvent): Entry {
  switch (event.kind) {
    case 'typed':
      return { ...entry, typed: { ...entry.typed, [event.part]: event.text }, lack: null };
    case 'method-chosen':
      return {
        ...without(entry, ['code']),
        codeMethod: event.method,
        lack: null,
        focusOn: { part: 'code' },
      };
    case 'lacking':
      return { ...entry, lack: event.lack, focusOn: { part: event.lack === 'pin' ? 'unlock' : 'code' } };
    case 'sent':
      return {
        ...entry,
        isSending: true,
        refusal: null,
        lack: null,
        sentCodes: [...entry.sentCodes, entry.typed.code],
      };
    case 'accepted':
      return { ...without(entry, event.empties), isSending: false };
    case 'refused': {
      const { blamed } = event.refusal;
      const empties = event.parts.filter((part) => blamed === 'all' || blamed === part);
      const part = empties[0] ?? event.parts.at(-1);
      return {
        ...without(entry, empties),
        isSending: false,
        refusal: event.isQuiet ? null : event.refusal,
        focusOn: part === undefined ? null : { part },
      };
    }
    case 'code-expired':
      // While it is on its way, the server says what it is worth.
      return entry.isSending ? entry : { ...without(entry, ['code']), lack: event.lack };
    case 'focus':
      return { ...entry, focusOn: { part: event.part } };
    case 'locked':
      return { ...without(entry, ['code', 'unlock']), lack: null };
  }
}

function without(entry: Entry, parts: readonly EntryPart[]): Entry {
  const typed = { ...entry.typed };
  for (const part of parts) typed[part] = '';
  return { ...entry, typed };
}

const isOneTime = ({ codeMethod }: Entry, code: string): boolean =>
  codeMethod === 'totp' && code.length === DIGITS;

export const hasWholeCode = (entry: Entry): boolean =>
  entry.codeMethod === 'totp' ? isOneTime(entry, entry.typed.code) : entry.typed.code.trim() !== '';

/** Whether this is the sixth digit of a one-time code, and not the same text again. */
export const isCompletedBy = (entry: Entry, code: string): boolean =>
  code !== entry.typed.code && isOneTime(entry, code);

/** A one-time code goes out by itself when it is complete, the same value only once (ux.md, rule 6). */
export const sendsItself = (entry: Entry, code: string): boolean =>
  isCompletedBy(entry, code) && !entry.sentCodes.includes(code);

/** What has to be typed first, of the fields that there are. */
export function lackOf(entry: Entry, fields: readonly EntryPart[]): Lack | null {
  if (fields.includes('code') && !hasWholeCode(entry)) return 'code';
  return fields.includes('unlock') && entry.typed.unlock === '' ? 'pin' : null;
}

/** The end of the wait that the refusal asked for, server clock; null when it asked for none. */
export function waitAfter(refusal: Pick<Refusal, 'failure' | 'at'> | null): number | null {
  const retryAfterMs = refusal && retryAfterMsOf(refusal.failure);
  return refusal && retryAfterMs !== null ? refusal.at + retryAfterMs : null;
}

/** When the next code comes after one that was used, server clock; null when that is not what was said. */
export function nextCodeAt({ refusal, codeMethod }: Entry): number | null {
  if (refusal?.codeMethod !== 'totp' || codeMethod !== 'totp') return null;
  const nextCodeInMs = nextCodeInMsOf(refusal.failure);
  return nextCodeInMs === null ? null : refusal.at + nextCodeInMs;
}

export function latestOf(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

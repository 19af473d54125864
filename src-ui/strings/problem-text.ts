import { clockSpan } from '../../src-shared/clock-span.ts';
import { en, type Strings } from './en.ts';

/** What a problem needs to be told: the wire's shape, whatever its code. */
export interface Told {
  code: string;
  detail: string;
  [extra: string]: unknown;
}

/**
 * A problem in the user's words: the sentence of its code, and what the other side added to it. `extra` is untrusted
 * plain text in the language of whoever wrote it; null when there is nothing more exact.
 */
export function problemText(problem: Told, t: Strings): { sentence: string; extra: string | null } {
  const ours = ownCause(problem, t);
  if (ours !== null) return { sentence: ours, extra: null };
  if (!hasSentence(problem.code)) return { sentence: problem.detail, extra: null };
  const isExact = problem.detail !== '' && problem.detail !== en.problems[problem.code];
  if (!isExact) return { sentence: t.problems[problem.code], extra: null };
  return t === en
    ? { sentence: problem.detail, extra: null }
    : { sentence: t.problems[problem.code], extra: problem.detail };
}

/** What the client has found to be the cause on this computer, in every language; null for all else. */
export function ownCause(
  { code, proxy, server, offsetMs, host, date, certificateDate, names, isYetToCome }: Told,
  t: Strings,
): string | null {
  if (code === 'clock-off' && typeof offsetMs === 'number')
    return (offsetMs > 0 ? t.causes.clockBehind : t.causes.clockAhead)(clockSpan(offsetMs));
  if (code === 'server-untrusted-certificate' && typeof host === 'string' && typeof date === 'string')
    return (isYetToCome === true ? t.causes.notYetValid : t.causes.expired)(
      host,
      date,
      typeof certificateDate === 'string' ? certificateDate : null,
    );
  if (code === 'server-untrusted-certificate' && typeof host === 'string' && typeof names === 'string')
    return t.causes.otherNames(host, names);
  if (code === 'server-unreachable' && typeof proxy === 'string' && typeof server === 'string')
    return t.causes.proxy(proxy, server);
  return null;
}

function hasSentence(code: string): code is keyof Strings['problems'] {
  return Object.hasOwn(en.problems, code);
}

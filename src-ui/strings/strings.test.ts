import { expect, test } from 'vitest';
import { reasonCode } from '../../src-shared/challenge.ts';
import { problem, problemKinds } from '../../src-shared/problem.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { languageOf } from './language.ts';
import { leaves } from './leaves.ts';
import { problemText } from './problem-text.ts';
import { reasonText } from './reason-text.ts';

test('the English sentences are those of the shared table, so that a translation is found for each', () => {
  for (const [code, kind] of Object.entries(problemKinds))
    expect(Object.entries(en.problems)).toContainEqual([code, kind.sentence]);
});

test('no German string was left in English', () => {
  const german = new Map(leaves(de));
  const same = leaves(en).filter(([path, text]) => german.get(path) === text);
  expect(same.filter(([, text]) => text !== '–')).toEqual([]);
  expect([...german.keys()]).toEqual(leaves(en).map(([path]) => path));
});

test('a problem without a detail of its own is translated, an exact one is kept beside the translation', () => {
  expect(problemText(problem('gateway-unavailable'), de)).toEqual({
    sentence: de.problems['gateway-unavailable'],
    extra: null,
  });
  expect(problemText(problem('tunnel-failed', 'wg: no such device'), de)).toEqual({
    sentence: de.problems['tunnel-failed'],
    extra: 'wg: no such device',
  });
  expect(problemText({ code: 'from-the-future', detail: 'Plain words.' }, de).sentence).toBe('Plain words.');
});

test('a cause that was found on this computer is told in the language of the user', () => {
  const extra = { proxy: 'http://proxy.example.com:3128', server: 'vpn.example.com:443' };
  const told = problemText(problem('server-unreachable', 'No connection.', extra), de);
  expect(told.extra).toBeNull();
  expect(told.sentence).toContain('über den Proxy http://proxy.example.com:3128');
  expect(told.sentence).toContain('vpn.example.com:443 direkt');
  const off = (offsetMs: number) => problemText(problem('clock-off', 'Off.', { offsetMs }), de).sentence;
  expect(off(3 * 3_600_000)).toContain('geht 3 h nach');
  expect(off(-3 * 3_600_000)).toContain('geht 3 h vor');
  const certificate = (isYetToCome: boolean, certificateDate: string | null = null) =>
    problemText(
      problem('server-untrusted-certificate', 'Late.', {
        host: 'vpn.example',
        date: '2020-01-01',
        isYetToCome,
        certificateDate,
      }),
      de,
    ).sentence;
  expect(certificate(true)).toContain(
    'vpn.example ist am 2020-01-01, dem Datum dieses Computers, noch nicht gültig',
  );
  expect(certificate(false)).toContain('abgelaufen');
  expect(certificate(false, '2019-12-24')).toContain(
    'Zertifikat von vpn.example ist am 2019-12-24 abgelaufen',
  );
  expect(certificate(true, '2020-02-01')).toContain('gilt erst ab 2020-02-01');
  const names = problem('server-untrusted-certificate', 'No.', { host: 'vpn.example', names: 'b.example' });
  expect(problemText(names, de).sentence).toContain('ein Zertifikat für b.example');
});

test('an administrator is quoted, a rule of the server is told in our own words', () => {
  const at = '2026-03-01T12:03:00Z';
  expect(
    reasonText({ code: 'administrator', message: 'sign-in from a new country', at }, '12:03', en),
  ).toEqual({
    sentence: 'Your administrator ended this connection at 12:03.',
    quote: 'sign-in from a new country',
  });
  expect(reasonText({ code: 'idle', message: 'idle', at }, '12:03', en).quote).toBeNull();
  expect(reasonText({ code: 'constructor', message: 'x', at }, '12:03', en).sentence).toBe(
    'The connection was ended at 12:03.',
  );
});

test.each([
  ['English', en],
  ['German', de],
])('every reason that a server gives has its own sentence in %s', (_, t) => {
  const sentences = [...reasonCode.options, 'other' as const].map((code) => t.reasons[code]('12:03'));
  expect(new Set(sentences).size).toBe(sentences.length);
  for (const sentence of sentences) expect(sentence).toContain('12:03');
  expect(Object.keys(t.reasons).sort()).toEqual([...reasonCode.options, 'other'].sort());
});

test.each(['from-the-future', 'other', 'toString'])(
  'the unknown reason %s is shown by its message',
  (code) => {
    const reason = { code, message: 'The moon was full.', at: '2026-03-01T12:03:00Z' };
    expect(reasonText(reason, '12:03', de)).toEqual({
      sentence: de.reasons.other('12:03'),
      quote: 'The moon was full.',
    });
  },
);

test('the language is the choice of the user, the region is that of the system where it fits', () => {
  expect(languageOf('system', 'de-AT')).toEqual({ t: de, locale: 'de-AT' });
  expect(languageOf('en', 'de-AT')).toEqual({ t: en, locale: 'en' });
  expect(languageOf('system', 'fr-FR')).toEqual({ t: en, locale: 'en' });
});

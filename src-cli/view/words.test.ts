import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closedGuard } from '../../src-client/testing/guards.ts';
import { reasonCode } from '../../src-shared/challenge.ts';
import type { ConnectionState } from '../../src-shared/connection-state.ts';
import { problem, problemCodes } from '../../src-shared/problem.ts';
import { usedCodeProblem } from '../../src-shared/used-code.ts';
import { administratorReason, createScriptedCore, GATEWAY_ID } from '../testing/scripted-core.ts';
import { statusReport } from './status-report.ts';
import { toView } from './view.ts';
import type { View } from './view-schema.ts';
import {
  clockSentence,
  gateSentence,
  problemWords,
  reasonSentence,
  stateSentence,
  trafficLine,
} from './words.ts';

const time = { now: () => Date.parse('2026-11-21T13:00:00Z'), timeZone: 'UTC' };
const at = '2026-11-21T12:03:00.000Z';
const core = createScriptedCore({ isSignedIn: true, isGated: true });
const lease = {
  leaseId: GATEWAY_ID,
  gatewayId: GATEWAY_ID,
  expiresAt: at,
  epoch: 1,
  addresses: ['10.7.0.2/32'],
};
const viewOf = (connection: ConnectionState): View => toView({ ...core.snapshot(), connection });
const prompt = (reason: ReturnType<typeof administratorReason> | null) => ({
  gatewayId: GATEWAY_ID,
  challenge: {
    id: GATEWAY_ID,
    nonce: 'bm9uY2U',
    requires: ['totp' as const],
    unlockMethods: [],
    reason,
    expiresAt: at,
  },
  reason,
  lastFailure: null,
  attemptsLeft: null,
  waitUntil: null,
  isChecking: false,
  prompting: null,
});
const connected: Extract<ConnectionState, { phase: 'connected' }> = {
  phase: 'connected',
  gatewayId: GATEWAY_ID,
  lease,
  since: at,
  health: 'good',
  renewal: null,
  expiring: null,
  isOutdated: false,
  warning: null,
};
const states: ConnectionState[] = [
  { phase: 'signed-out', reason: null },
  { phase: 'signed-out', reason: administratorReason('bye') },
  { phase: 'disconnected', cause: null, reason: null, source: null },
  { phase: 'disconnected', cause: problem('server-unreachable'), reason: null, source: 'cli' },
  { phase: 'gate', prompt: prompt(administratorReason('sign-in from a new country', 'INC-7')) },
  { phase: 'gate', prompt: prompt(null) },
  { phase: 'connecting', gatewayId: GATEWAY_ID, attempt: 2, lease: null },
  connected,
  { ...connected, health: 'stale' },
  { ...connected, health: 'degraded' },
  { ...connected, renewal: prompt(null), expiring: at },
  {
    phase: 'reconnecting',
    gatewayId: GATEWAY_ID,
    lease,
    cause: null,
    attempt: 3,
    nextTryAt: at,
    warning: null,
  },
  { phase: 'disconnecting', next: 'gate', reason: administratorReason('x') },
  { phase: 'blocked', cause: null, blockingFailed: problem('tunnel-failed') },
];

describe('states', () => {
  test('every state has a sentence that ends, never says secure, and says Connected only when it is', () => {
    for (const state of states) {
      const sentence = stateSentence(viewOf(state), time);
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(sentence).not.toMatch(/secure/i);
      if (state.phase !== 'connected') expect(sentence).not.toMatch(/\bConnected\b/);
    }
  });

  test('the gate says who acted, when, why and under which incident', () => {
    const view = viewOf({
      phase: 'gate',
      prompt: prompt(administratorReason('sign-in from a new country.', 'INC-7')),
    });
    expect(stateSentence(view, time)).toBe(
      'Your administrator ended this connection at 12:03: sign-in from a new country (incident INC-7). Enter a code to reconnect.',
    );
  });

  test('a gate without an end before it only asks', () => {
    expect(stateSentence(viewOf({ phase: 'gate', prompt: prompt(null) }), time)).toBe(
      'Enter a code to connect to main.',
    );
  });

  test('a renewal says that nothing breaks', () => {
    const view = viewOf({ ...connected, renewal: prompt(null) });
    expect(view.prompt && gateSentence(view.prompt, view, time)).toBe(
      'This connection ends at 12:03. Enter a code to keep it without a break.',
    );
  });

  test('an unknown reason code is told by its message', () => {
    const reason = { ...administratorReason('new rule'), code: 'constructor' };
    expect(stateSentence(viewOf({ phase: 'disconnected', cause: null, reason, source: null }), time)).toBe(
      'The server ended this connection at 12:03: new rule.',
    );
  });

  test('the traffic line shows gateway, address, since, received and sent', () => {
    const snapshot = core.snapshot();
    const tunnel = {
      phase: 'up' as const,
      lastHandshakeAt: null,
      rxBytes: 1234,
      txBytes: 7,
    };
    expect(trafficLine(toView({ ...snapshot, connection: connected, tunnel }), time)).toBe(
      'Connected to main · 10.7.0.2 · since 12:03 · received 1.2 kB · sent 7 B',
    );
  });

  test('no text of the server reaches a sentence or the JSON view with a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, other) => {
        const reason = { code: other, message: `\u001b[2J${message}`, incidentId: `${other}\u0007`, at };
        const state: ConnectionState = { phase: 'gate', prompt: prompt(reason) };
        const gateways = [
          { id: GATEWAY_ID, name: `\u202e${other}`, endpoint: null, isOnline: true, trouble: null },
        ];
        const view = toView({ ...core.snapshot(), connection: state, gateways });
        const shown = stateSentence(view, time) + JSON.stringify(view);
        expect(shown).not.toMatch(/[\p{Cc}\u202e]|\\u00[01]/u);
      }),
    );
  });

  test('the view carries no nonce and no lease', () => {
    expect(JSON.stringify(viewOf({ phase: 'gate', prompt: prompt(null) }))).not.toContain('bm9uY2U');
  });
});

describe('problems', () => {
  test('every problem has a sentence', () => {
    for (const code of problemCodes)
      expect(problemWords(problem(code)).sentence, code).toMatch(/^[A-Z].*\.$/);
  });

  test('a wrong code names cause, tries left and the clock of the phone', () => {
    expect(
      problemWords(problem('invalid-code', undefined, { attemptsLeft: 3, drift: 'ahead' })).sentence,
    ).toBe(
      "That code did not match. Check that it is for this account and use the newest one. 3 tries left. Your phone's clock is some minutes ahead. Turn on automatic date and time on it.",
    );
    expect(problemWords(problem('invalid-code', undefined, { attemptsLeft: 1 })).sentence).toContain(
      'Last try',
    );
  });

  test('a used code says when the next one comes, a throttle how long to wait', () => {
    expect(problemWords(problem('code-already-used', undefined, { nextCodeInMs: 11_200 })).sentence).toBe(
      'Already used. Next code in 12 s.',
    );
    expect(problemWords(usedCodeProblem(0)).sentence).toBe(
      'That code was already used. Enter the one that your authenticator shows now.',
    );
    expect(problemWords(problem('too-many-attempts', undefined, { retryAfterMs: 27_000 })).sentence).toBe(
      'Too many attempts. Try again in 27 s.',
    );
  });

  test('a wrong backup code is not looked for in the app', () => {
    const wrong = problem('invalid-code', undefined, { attemptsLeft: 3 });
    expect(problemWords(wrong, 'backup-code').sentence).toBe(
      'That backup code did not match. Check each letter, or take another one. 3 tries left.',
    );
  });

  test('the two states of a keyring are told apart', () => {
    const locked = problemWords(problem('keychain-locked'));
    const missing = problemWords(problem('keychain-unavailable'));
    expect(locked.nextStep).toContain('Unlock your keyring');
    expect(missing.sentence).toContain('no keyring that Postern can use');
  });

  test('a proxy in the way is told with whom to ask, and nothing else to check', () => {
    const detail = 'No connection to vpn.example. This computer is set to reach the web through the proxy …';
    const extra = { proxy: 'http://proxy.example:3128', server: 'vpn.example:443' };
    expect(problemWords(problem('server-unreachable', detail, extra))).toEqual({
      sentence: detail,
      nextStep: null,
    });
    expect(problemWords(problem('server-unreachable')).nextStep).toContain('Check your network');
  });

  test('the line that trusts a server is told as it came', () => {
    const line = "Run: sudo postern-helper trust 'https://vpn.example#ed25519=AAA'";
    expect(problemWords(problem('untrusted-server', line)).sentence).toBe(line);
  });

  test('a drift that is none is not told', () => {
    const told = (drift: string): string =>
      problemWords(problem('invalid-code', undefined, { attemptsLeft: 3, drift })).sentence;
    expect(told('behind')).toContain('some minutes behind');
    for (const bad of ['', '+90s', 'ahead\u001b[2J']) expect(told(bad)).toMatch(/3 tries left\.$/);
  });

  test('a clock that differs is told from 30 s on', () => {
    expect(clockSentence(30_000)).toBeNull();
    expect(clockSentence(45_000)).toContain('45 s behind');
    expect(clockSentence(-45_000)).toContain('45 s ahead of');
  });
});

describe('the reason of an end', () => {
  const said = (code: string, message = '') => reasonSentence({ code, message, incidentId: null, at }, time);

  test('each that a server gives has a sentence of its own', () => {
    const sentences = reasonCode.options.map((code) => said(code));
    expect(new Set(sentences).size).toBe(reasonCode.options.length);
    expect(sentences).not.toContain(said('from-the-future'));
  });

  test.each(['from-the-future', 'toString'])('the unknown %s is told by its message', (code) => {
    expect(said(code, 'The moon was full.')).toBe(
      'The server ended this connection at 12:03: The moon was full.',
    );
  });

  test('a person is quoted, a rule of the server is not', () => {
    expect(said('administrator', 'sign-in from a new country')).toContain(': sign-in from a new country.');
    expect(said('idle', 'Nothing was heard.')).not.toContain('Nothing was heard');
  });
});

test('status names who was signed in when the keyring is locked, and what to do', () => {
  const lockedSession = {
    serverUrl: 'https://vpn.example',
    serverName: 'Example\u001b[2J',
    email: 'ada@example.com',
  };
  const connection = { phase: 'signed-out' as const, reason: null };
  const snapshot = {
    ...core.snapshot(),
    connection,
    account: null,
    keychain: 'locked' as const,
    lockedSession,
  };
  const checks = statusReport(toView(snapshot), { ok: true, value: undefined }, false, time);
  expect(checks.find(({ part }) => part === 'account')).toMatchObject({
    isFine: false,
    sentence: 'Your keyring is locked. It keeps your sign-in: ada@example.com on Example.',
    nextStep: expect.stringContaining('Unlock your keyring'),
  });
  expect(checks.find(({ part }) => part === 'server')?.sentence).toContain('keyring is locked');
});

test('status says that no gateway is online, and does not send on to itself', () => {
  const core = createScriptedCore({ isSignedIn: true, isGated: false });
  const { gateways } = core.snapshot();
  const cause = problem('tunnel-failed');
  const connection: ConnectionState = {
    phase: 'reconnecting',
    ...{ gatewayId: GATEWAY_ID, lease, cause, attempt: 3, nextTryAt: at, warning: null },
  };
  const report = (isOnline: boolean, channel: 'open' | 'connecting' = 'open') => {
    const known = gateways.map((gateway) => ({ ...gateway, isOnline }));
    const view = toView({ ...core.snapshot(), connection, channel, gateways: known });
    return statusReport(view, { ok: true, value: undefined }, true, time)[0];
  };
  expect(report(false)).toMatchObject({
    sentence: expect.stringContaining('None of the gateways of your team is online.'),
    nextStep: 'Postern goes on when one is back. If it lasts, tell your administrator.',
  });
  for (const check of [report(true), report(false, 'connecting')]) {
    expect(check?.sentence).not.toContain('None of the gateways');
    expect(check?.nextStep).toBeNull();
  }
});

test('status sends nobody to a browser while traffic is held back', () => {
  const refreshed = { ok: false as const, problem: problem('server-unreachable') };
  const stepWith = (guard: ReturnType<typeof closedGuard> | null) =>
    statusReport(toView({ ...core.snapshot(), guard }), refreshed, false, time).find(
      ({ part }) => part === 'server',
    )?.nextStep;
  expect(stepWith(closedGuard())).toBe('Check your network and the address of the server.');
  expect(stepWith(null)).toContain('browser');
});

test('status gives a next step for every part that is not well', () => {
  const snapshot = { ...core.snapshot(), tunnel: null, keychain: 'locked' as const, clockOffsetMs: 60_000 };
  const refreshed = { ok: false as const, problem: problem('server-unreachable') };
  const checks = statusReport(toView(snapshot), refreshed, false, time);
  const notFine = checks.filter(({ isFine }) => !isFine);
  expect(notFine.map(({ part }) => part)).toEqual([
    'connection',
    'guard',
    'server',
    'helper',
    'keyring',
    'clock',
  ]);
  // What to do about the guard is the helper's line.
  for (const { part, nextStep } of notFine)
    expect([part, nextStep === null]).toEqual([part, part === 'guard']);
});

import { type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type { TimeStyle } from './format.ts';
import { guardWords } from './guard-words.ts';
import { networkTroubles } from './network-words.ts';
import type { View } from './view-schema.ts';
import {
  clockSentence,
  fixed,
  lockedSentence,
  nextStepOf,
  problemWords,
  stateSentence,
  trafficLine,
  type Words,
} from './words.ts';

/** One part of the whole, and how it is. */
export interface Check extends Words {
  part: 'connection' | 'network' | 'guard' | 'account' | 'server' | 'helper' | 'keyring' | 'clock';
  isFine: boolean;
}

const fine = (part: Check['part'], sentence: string): Check => ({
  part,
  isFine: true,
  sentence,
  nextStep: null,
});
const wrong = (part: Check['part'], refusal: Problem): Check => ({
  part,
  isFine: false,
  ...problemWords(refusal),
});

/** State of every part with what to do about it. `refreshed` is the server's newest answer. */
export function statusReport(
  view: View,
  refreshed: Result<void>,
  isRunning: boolean,
  time: TimeStyle,
): Check[] {
  return [
    connection(view, time),
    ...networkTroubles(view).map((words): Check => ({ part: 'network', ...words })),
    ...guard(view, time),
    account(view),
    server(view, refreshed, isRunning),
    view.helper === null
      ? wrong('helper', problem('helper-unavailable'))
      : fine('helper', 'The helper is running.'),
    keyring(view),
    clock(view),
  ];
}

function connection(view: View, time: TimeStyle): Check {
  if (view.phase === 'connected') {
    const traffic = `${trafficLine(view, time)}.`;
    if (view.health === 'degraded') {
      const isOther = ({ id, isOnline, trouble }: View['gateways'][number]) =>
        id !== view.gateway?.id && isOnline && trouble === null;
      const nextStep = view.gateways.some(isOther) ? "Choose another one: 'postern gateways'." : null;
      return { part: 'connection', isFine: false, sentence: traffic, nextStep };
    }
    return fine('connection', view.isOutdated ? `${traffic} ${fixed.outdated}` : traffic);
  }
  const isTrying = view.phase === 'connecting' || view.phase === 'reconnecting';
  // What was heard before the server went away may be out of date.
  const isKnown = view.channel === 'open' && view.gateways.length > 0;
  if (isTrying && isKnown && view.gateways.every(({ isOnline }) => !isOnline))
    return {
      part: 'connection',
      isFine: false,
      sentence: `${stateSentence(view, time)} ${fixed.noneOnline}`,
      nextStep: fixed.tellIfItLasts,
    };
  const sentence = view.phase === 'signed-out' ? 'Not connected.' : stateSentence(view, time);
  const canConnect = view.phase === 'disconnected' || view.phase === 'signed-out';
  const nextStep =
    view.phase === 'gate'
      ? "Enter the code where 'postern connect' runs."
      : // Where `postern status` is the next step, this is it.
        view.problem && view.problem.code !== 'tunnel-failed'
        ? nextStepOf(view.problem.code)
        : null;
  return {
    part: 'connection',
    isFine: false,
    sentence,
    nextStep: canConnect && view.account ? "Run 'postern connect'." : nextStep,
  };
}

/** Where the helper is away, what is held back is not known, and its own line says what to do. */
function guard({ guard: state, portals, helper }: View, time: TimeStyle): Check[] {
  if (helper === null)
    return [
      {
        part: 'guard',
        isFine: false,
        sentence: 'What was held back before stays held back while the helper is away.',
        nextStep: null,
      },
    ];
  if (state === null) return [fine('guard', fixed.cannotGuard)];
  return [{ part: 'guard', isFine: state.failed === null, ...guardWords(state, portals, time) }];
}

function account({ account: known, lockedSession, phase }: View): Check {
  if (lockedSession) {
    const { email, serverName } = lockedSession;
    return wrong('account', problem('keychain-locked', lockedSentence(email, serverName)));
  }
  if (phase === 'signed-out' || !known) return wrong('account', problem('signed-out'));
  return fine('account', `Signed in to ${known.serverName} (${known.serverUrl}) as ${known.email}.`);
}

function server(view: View, refreshed: Result<void>, isRunning: boolean): Check {
  if (!refreshed.ok) return unreached(view, refreshed.problem);
  if (view.lockedSession) return fine('server', 'Not asked, because the keyring is locked.');
  if (view.phase === 'signed-out') return fine('server', 'Not asked, because nobody is signed in.');
  if (isRunning && view.channel !== 'open') return unreached(view, problem('server-unreachable'));
  return fine('server', 'The server answers.');
}

/** While traffic is held back no browser opens the network's page, and the guard's line says what does. */
function unreached({ guard }: View, refusal: Problem): Check {
  const check = wrong('server', refusal);
  const isHeld = guard !== null && guard.holds !== 'nothing';
  if (!isHeld || refusal.code !== 'server-unreachable' || check.nextStep === null) return check;
  return { ...check, nextStep: fixed.checkNetwork };
}

function keyring({ keychain }: View): Check {
  switch (keychain) {
    case 'ok':
      return fine('keyring', 'The keyring is open.');
    case 'absent':
      return fine('keyring', 'The keyring is open; Postern keeps nothing in it yet.');
    case 'locked':
      return wrong('keyring', problem('keychain-locked'));
    case 'unavailable':
      return wrong('keyring', problem('keychain-unavailable'));
  }
}

function clock({ clockOffsetMs }: View): Check {
  const sentence = clockSentence(clockOffsetMs);
  if (sentence === null)
    return fine('clock', clockOffsetMs === null ? 'Not compared yet.' : "This computer's clock is right.");
  return { part: 'clock', isFine: false, sentence, nextStep: 'Turn on automatic date and time.' };
}

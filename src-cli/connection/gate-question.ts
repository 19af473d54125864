import type { CodeMethod } from '../../src-shared/otp-code.ts';
import type { UnlockMethod } from '../../src-shared/unlock.ts';
import type { CodeQuestion, Countdowns, UnlockQuestion } from '../ask/asker.ts';
import type { View, ViewPrompt } from '../view/view-schema.ts';
import { fixed } from '../view/words.ts';

/** What the questions of the gate have in common. */
export interface GateWording {
  countdowns: Countdowns;
  /** What Esc does while a renewal is asked for. */
  renewEscape: string;
}

const escapeOf = ({ purpose }: ViewPrompt, { renewEscape }: GateWording) =>
  purpose === 'renew' ? renewEscape : fixed.escCancels;
const kindOf = ({ purpose }: ViewPrompt) => (purpose === 'renew' ? 'renew' : 'gate');

/** Harmless facts for the `prompt` event. */
function about({ gateway, reason, attemptsLeft, waitUntil, expiresAt, challengeId, purpose }: ViewPrompt) {
  return { challengeId, purpose, gateway, reason, attemptsLeft, waitUntil, expiresAt };
}

/** `waitUntil` is server time; the prompt counts by this computer's clock. */
function waitFrom(waitUntil: string | null, { clockOffsetMs }: View) {
  const until = waitUntil === null ? 0 : Date.parse(waitUntil) - (clockOffsetMs ?? 0);
  return until > 0 ? { until, isBlocking: true } : null;
}

/** Asks for the code of the authenticator, or a backup code. */
export function codeQuestion(prompt: ViewPrompt, view: View, wording: GateWording): CodeQuestion {
  const isAlone = !prompt.requires.includes('unlock');
  const told = isAlone ? waitFrom(prompt.waitUntil, view) : null;
  const keys = (other: CodeMethod) =>
    [fixed.enterSends, fixed.tabTo[other], escapeOf(prompt, wording)].join(' · ');
  return {
    kind: kindOf(prompt),
    messages: {
      totp: fixed.codePrompt(prompt.gateway),
      'backup-code': fixed.backupCodePrompt(prompt.gateway),
    },
    methods: ['totp', 'backup-code'],
    start: 'totp',
    countdowns: { ...(told ? { totp: told } : {}), ...wording.countdowns },
    keys: { totp: keys('backup-code'), 'backup-code': keys('totp') },
    about: about(prompt),
  };
}

/** Asks for the PIN, or for the word to ask the system. */
export function unlockQuestion(prompt: ViewPrompt, view: View, wording: GateWording): UnlockQuestion {
  const methods = prompt.usableMethods;
  const told = waitFrom(prompt.pin?.waitUntil ?? null, view);
  const keys = (method: UnlockMethod) => {
    const next = methods[(methods.indexOf(method) + 1) % methods.length];
    return [
      method === 'pin' ? fixed.enterSends : fixed.enterAsksSystem,
      ...(next === undefined || next === method ? [] : [fixed.tabTo[next]]),
      escapeOf(prompt, wording),
    ].join(' · ');
  };
  const system = fixed.systemPrompt(prompt.gateway);
  return {
    kind: kindOf(prompt),
    methods,
    messages: { pin: fixed.pinPrompt(prompt.gateway), 'uv-soft': system, 'uv-hw': system },
    keys: { pin: keys('pin'), 'uv-soft': keys('uv-soft'), 'uv-hw': keys('uv-hw') },
    countdowns: { ...(told ? { pin: told } : {}), ...wording.countdowns },
    about: { ...about(prompt), pinAttemptsLeft: prompt.pin?.attemptsLeft ?? null },
  };
}

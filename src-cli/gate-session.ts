import type { Result } from '../src-shared/problem.ts';
import type { Asker, CodeAnswer, CodeMethod, CodeQuestion } from './ask/asker.ts';
import { countdownAfter } from './ask/countdown.ts';
import type { TimeStyle } from './format.ts';
import { formatClock } from './format.ts';
import type { Output } from './output.ts';
import type { View, ViewPrompt } from './view.ts';
import { fixed, gateSentence, problemWords, waitOf } from './words.ts';

export interface GateSessionParts {
  asker: Asker;
  output: Output;
  time: TimeStyle;
  /** What the keys do while a renewal is asked for. */
  renewKeys: Record<CodeMethod, string>;
  submit(answer: CodeAnswer): Promise<Result<void>>;
  /** The user closed the question (Esc). */
  dismiss(prompt: ViewPrompt): void;
  interrupt(): void;
  /** A question stands and there is nothing left to read an answer from. */
  outOfInput(): void;
}

/** Turns the open question of each view into a prompt, and withdraws it when the question is gone or another. */
export interface GateSession {
  update(view: View): void;
  /** Withdraws the prompt, if there is one. */
  stop(): void;
}

export function createGateSession(parts: GateSessionParts): GateSession {
  const { asker, output, time } = parts;
  let latest: View | null = null;
  let asking: { challengeId: string; abort: AbortController } | null = null;
  /** The challenge that is answered or dismissed: it is not asked again. */
  let closedId: string | null = null;
  let told: string | null = null;
  let hasStopped = false;
  const countdowns: CodeQuestion['countdowns'] = {};

  const openPrompt = () => (hasStopped ? null : (latest?.prompt ?? null));

  function reconsider(): void {
    const prompt = openPrompt();
    if (asking && asking.challengeId !== prompt?.challengeId) asking.abort.abort();
    if (asking || !prompt || prompt.isChecking || prompt.challengeId === closedId) return;
    const current = { challengeId: prompt.challengeId, abort: new AbortController() };
    asking = current;
    void run(current).finally(() => {
      asking = null;
      reconsider();
    });
  }

  async function run({ challengeId, abort }: NonNullable<typeof asking>): Promise<void> {
    while (!abort.signal.aborted) {
      const prompt = openPrompt();
      if (!prompt || !latest || prompt.isChecking || prompt.challengeId !== challengeId) return;
      explain(prompt, latest);
      if (prompt.requires.includes('unlock')) {
        output.say(fixed.unlockNeeded);
        closedId = challengeId;
        return parts.dismiss(prompt);
      }
      const asked = await asker.code(
        questionFor(prompt, latest, { countdowns, renewKeys: parts.renewKeys }),
        abort.signal,
      );
      if (asked.kind === 'withdrawn') return output.event({ event: 'prompt-withdrawn', challengeId });
      if (asked.kind === 'cancelled') {
        closedId = challengeId;
        if (asked.by === 'interrupt') return parts.interrupt();
        return asked.by === 'escape' ? parts.dismiss(prompt) : parts.outOfInput();
      }
      if (await isTaken(asked.value)) closedId = challengeId;
      if (closedId === challengeId) return;
    }
  }

  /** The same end of a connection is told once, however often its challenge is renewed. */
  function explain(prompt: ViewPrompt, view: View): void {
    const sentence = gateSentence(prompt, view, time);
    const key = `${prompt.purpose} ${sentence}`;
    if (key === told) return;
    told = key;
    output.say(sentence);
  }

  async function isTaken(answer: CodeAnswer): Promise<boolean> {
    const { method } = answer;
    const result = await parts.submit(answer);
    if (result.ok) {
      output.event({ event: 'proof', method, ok: true });
      told = null;
      return true;
    }
    const { problem } = result;
    const { sentence, nextStep } = problemWords(problem, method);
    const waitMs = waitOf(problem);
    output.event({
      event: 'proof',
      method,
      ok: false,
      problem: { code: problem.code, detail: sentence },
      waitMs,
    });
    output.say(nextStep === null ? sentence : `${sentence} ${nextStep}`);
    const countdown = countdownAfter(problem, time.now());
    if (countdown) countdowns[method] = countdown;
    else delete countdowns[method];
    return false;
  }

  return {
    update(view) {
      latest = view;
      reconsider();
    },
    stop() {
      hasStopped = true;
      reconsider();
    },
  };
}

function questionFor(
  prompt: ViewPrompt,
  view: View,
  { countdowns, renewKeys }: Pick<CodeQuestion, 'countdowns'> & Pick<GateSessionParts, 'renewKeys'>,
): CodeQuestion {
  const isRenewal = prompt.purpose === 'renew';
  // `waitUntil` is server time; the prompt counts by this computer's clock.
  const until = prompt.waitUntil === null ? 0 : Date.parse(prompt.waitUntil) - (view.clockOffsetMs ?? 0);
  const told = until > 0 ? { totp: { until, isBlocking: true } } : {};
  const { gateway, reason, attemptsLeft, waitUntil, expiresAt, challengeId, purpose } = prompt;
  return {
    kind: isRenewal ? 'renew' : 'gate',
    messages: { totp: fixed.codePrompt(gateway), 'backup-code': fixed.backupCodePrompt(gateway) },
    methods: ['totp', 'backup-code'],
    start: 'totp',
    countdowns: { ...told, ...countdowns },
    keys: isRenewal ? renewKeys : { totp: fixed.keysCode, 'backup-code': fixed.keysBackupCode },
    about: { challengeId, purpose, gateway, reason, attemptsLeft, waitUntil, expiresAt },
  };
}

/** Said when a renewal is put off. */
export function renewLater(view: View, time: TimeStyle): string {
  return fixed.renewLater(view.expiresAt === null ? 'its limit' : formatClock(view.expiresAt, time));
}

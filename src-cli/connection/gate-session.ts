import type { Result } from '../../src-shared/problem.ts';
import type { ProofAnswer } from '../../src-shared/unlock.ts';
import type { Asked, Asker, Countdowns } from '../ask/asker.ts';
import { noteCountdown, reportProof } from '../ask/proof-report.ts';
import { whileSystemAsks } from '../ask/system-prompt.ts';
import { formatClock, type TimeStyle } from '../view/format.ts';
import type { Output } from '../view/output.ts';
import type { View, ViewPrompt } from '../view/view-schema.ts';
import { fixed, gateSentence } from '../view/words.ts';
import { codeQuestion, unlockQuestion } from './gate-question.ts';

export interface GateSessionParts {
  asker: Asker;
  output: Output;
  time: TimeStyle;
  /** What Esc and Ctrl-C do while a renewal is asked for, in words. */
  renewEscape: string;
  submit(answers: readonly ProofAnswer[]): Promise<Result<void>>;
  /** Takes back the system's question. */
  takeBack(): void;
  /** The user closed the question (Esc). */
  dismiss(prompt: ViewPrompt): void;
  /** Nothing that the server would take can be asked for here. */
  cannotAnswer(prompt: ViewPrompt): void;
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
  let asking: { challengeId: string; gateway: string; abort: AbortController } | null = null;
  /** The challenge that is answered or dismissed: it is not asked again. */
  let closedId: string | null = null;
  let told: string | null = null;
  let hasStopped = false;
  let lockCount = 0;
  const countdowns: Countdowns = {};

  const openPrompt = () => (hasStopped ? null : (latest?.prompt ?? null));

  function reconsider(): void {
    const prompt = openPrompt();
    if (asking && asking.challengeId !== prompt?.challengeId) asking.abort.abort();
    if (asking && prompt && asking.gateway !== prompt.gateway && !asking.abort.signal.aborted) {
      output.say(fixed.gateTurned(asking.gateway, prompt.gateway));
      asking.abort.abort();
    }
    if (asking || !prompt || prompt.isChecking || prompt.challengeId === closedId) return;
    const { challengeId, gateway } = prompt;
    const current = { challengeId, gateway, abort: new AbortController() };
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
      if (prompt.requires.includes('unlock') && prompt.usableMethods.length === 0) {
        output.say(fixed.unlockElsewhere);
        closedId = challengeId;
        return parts.cannotAnswer(prompt);
      }
      explain(prompt, latest);
      const asked = await collect(prompt, latest, abort.signal);
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

  /** Everything that the challenge requires. The code comes last, so that it is fresh when all of it goes out. */
  async function collect(
    prompt: ViewPrompt,
    view: View,
    signal: AbortSignal,
  ): Promise<Asked<readonly ProofAnswer[]>> {
    const wording = { countdowns, renewEscape: parts.renewEscape };
    const answers: ProofAnswer[] = [];
    if (prompt.requires.includes('unlock')) {
      const unlock = await asker.unlock(unlockQuestion(prompt, view, wording), signal);
      if (unlock.kind !== 'answer') return unlock;
      answers.push(unlock.value);
    }
    // A challenge that names nothing is answered by a code, as it always was.
    if (prompt.requires.includes('totp') || answers.length === 0) {
      const code = await asker.code(codeQuestion(prompt, view, wording), signal);
      if (code.kind !== 'answer') return code;
      answers.push(code.value);
    }
    return { kind: 'answer', value: answers };
  }

  /** The same end of a connection is told once, however often its challenge is renewed. */
  function explain(prompt: ViewPrompt, view: View): void {
    const sentence = gateSentence(prompt, view, time);
    const key = `${prompt.purpose} ${sentence}`;
    if (key === told) return;
    told = key;
    output.say(sentence);
  }

  async function isTaken(answers: readonly ProofAnswer[]): Promise<boolean> {
    const result = await whileSystemAsks(asker, answers, parts.takeBack, () => parts.submit(answers));
    reportProof(output, answers, result);
    noteCountdown(countdowns, answers, result.ok ? null : result.problem, time.now());
    if (result.ok) told = null;
    return result.ok;
  }

  return {
    update(view) {
      // What was typed before the screen was locked is dropped, and asked for again.
      if (view.unlock.lockCount > lockCount && latest) asking?.abort.abort();
      lockCount = view.unlock.lockCount;
      latest = view;
      reconsider();
    },
    stop() {
      hasStopped = true;
      reconsider();
    },
  };
}

/** Said when a renewal is put off. */
export function renewLater(view: View, time: TimeStyle): string {
  return fixed.renewLater(view.expiresAt === null ? 'its limit' : formatClock(view.expiresAt, time));
}

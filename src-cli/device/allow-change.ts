import type { Problem, Result } from '../../src-shared/problem.ts';
import type { LevelAnswer } from '../../src-shared/unlock.ts';
import type { Countdowns } from '../ask/asker.ts';
import { type Got, got } from '../ask/got.ts';
import { noteCountdown, reportProof } from '../ask/proof-report.ts';
import { whileSystemAsks } from '../ask/system-prompt.ts';
import { type CommandContext, refused } from '../context/command-context.ts';
import { fixed } from '../view/words.ts';

/** Codes until one is taken for the change, the user gives up, or the server refuses the change itself. */
export async function allowedByCode(
  context: CommandContext,
  submit: (proof: LevelAnswer) => Promise<Result<unknown>>,
  system: { asks: boolean; takeBack: () => void } = { asks: false, takeBack: () => undefined },
): Promise<Got<null>> {
  const { asker, output, time, interrupts } = context;
  const countdowns: Countdowns = {};
  for (;;) {
    const asked = await asker.code(
      {
        kind: 'allow-change',
        messages: { totp: fixed.allowPrompt, 'backup-code': fixed.allowBackupPrompt },
        methods: ['totp', 'backup-code'],
        start: 'totp',
        countdowns,
        keys: { totp: fixed.keysCode, 'backup-code': fixed.keysBackupCode },
      },
      interrupts.signal,
    );
    const code = got(asked, context);
    if (!code.ok) return code;
    const prompts = system.asks ? [{ method: 'uv-soft' as const }] : [];
    const result = await whileSystemAsks(asker, prompts, system.takeBack, () => submit(code.value));
    if (!result.ok && !isAboutCode(result.problem)) return { ok: false, ending: refused(result.problem) };
    reportProof(output, [code.value], result);
    noteCountdown(countdowns, [code.value], result.ok ? null : result.problem, time.now());
    if (result.ok) return { ok: true, value: null };
  }
}

function isAboutCode({ code }: Problem): boolean {
  return code === 'invalid-code' || code === 'code-already-used' || code === 'too-many-attempts';
}

import type { ClientCore } from '../../src-client/core.ts';
import { assertNever } from '../../src-shared/assert-never.ts';
import type { GuardMode, GuardState } from '../../src-shared/guard.ts';
import { problem, type Result } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { guardLines } from '../view/guard-words.ts';
import { plainGuard, portalsOf } from '../view/view.ts';
import { fixed } from '../view/words.ts';

export type GuardAction = GuardMode | 'show' | 'portal' | 'release';

/** `postern guard …`: asks the helper alone, so that it works beside a window or a `connect`, and without a session. */
export async function guard(action: GuardAction, context: CommandContext): Promise<Ending> {
  const { output, time } = context;
  const core = context.openCore();
  try {
    const answer = await act(action, core);
    if (!answer.ok && answer.problem.code === 'not-supported')
      return refused(problem('not-supported', fixed.cannotGuard));
    if (!answer.ok) return refused(answer.problem);
    const state = plainGuard(answer.value);
    for (const line of guardLines(state, portalsOf(core.snapshot().tunnel), time)) output.say(line);
    if (action === 'release') output.say(fixed.ruleComesBack);
    output.event({ event: 'guard', guard: state });
    return exit('done');
  } finally {
    await core.stop();
  }
}

function act(action: GuardAction, core: ClientCore): Promise<Result<GuardState>> {
  switch (action) {
    case 'show':
      return core.guard();
    case 'off':
    case 'gate':
    case 'always':
      return core.chooseGuard(action);
    case 'portal':
      return core.openPortal();
    case 'release':
      return core.releaseGuard();
    default:
      return assertNever(action);
  }
}

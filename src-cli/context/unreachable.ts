import type { ClientCore } from '../../src-client/core.ts';
import type { TimeStyle } from '../view/format.ts';
import { portalSentence } from '../view/guard-words.ts';
import { portalsOf } from '../view/view.ts';
import { fixed } from '../view/words.ts';
import type { Ending } from './command-context.ts';

/**
 * A browser cannot answer the sign-in page of a network while traffic is held back: where that may be why the server was
 * not reached, the next step names what opens the page.
 */
export async function withPortalStep(ending: Ending, core: ClientCore, time: TimeStyle): Promise<Ending> {
  if (ending.kind === 'exit' || ending.problem.code !== 'server-unreachable') return ending;
  // That sentence says whom to ask.
  if (ending.problem.proxy !== undefined) return ending;
  const guard = await core.guard();
  // A helper that is away or too old has nothing to say about it.
  if (!guard.ok || guard.value.holds === 'nothing') return ending;
  const portal = portalSentence(guard.value, portalsOf(core.snapshot().tunnel), time);
  return { ...ending, nextStep: portal === null ? fixed.checkNetwork : `${fixed.checkNetwork} ${portal}` };
}

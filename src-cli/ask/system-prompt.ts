import type { ProofAnswer } from '../../src-shared/unlock.ts';
import { fixed } from '../view/words.ts';
import type { Asker } from './asker.ts';

/** Whether these answers make the system ask its user. */
export const asksSystem = (answers: readonly Pick<ProofAnswer, 'method'>[]): boolean =>
  answers.some(({ method }) => method === 'uv-soft' || method === 'uv-hw');

/** Runs `work`; while it makes the system ask, that is shown, and Esc or Ctrl-C call `takeBack` and nothing else. */
export async function whileSystemAsks<T>(
  asker: Asker,
  answers: readonly Pick<ProofAnswer, 'method'>[],
  takeBack: () => void,
  work: () => Promise<T>,
): Promise<T> {
  if (!asksSystem(answers)) return work();
  const settled = new AbortController();
  const waiting = asker.wait(fixed.waitingForSystem, fixed.keysWaiting, settled.signal).then((ended) => {
    if (ended.kind === 'cancelled') takeBack();
  });
  try {
    return await work();
  } finally {
    settled.abort();
    await waiting;
  }
}

import { describe, expect, test } from 'vitest';
import type { PromptResult } from './provider.ts';
import { createSystemPrompt } from './system-prompt.ts';

const never = new AbortController().signal;

/** A question whose answer the test gives. */
function question() {
  const answer = Promise.withResolvers<PromptResult<string>>();
  const asked: AbortSignal[] = [];
  return {
    asked,
    answer,
    ask(signal: AbortSignal) {
      asked.push(signal);
      return answer.promise;
    },
  };
}

describe('a question of the system', () => {
  test.each([
    ['refused', 'unlock-refused'],
    ['cancelled', 'cancelled'],
    ['unavailable', 'unlock-unavailable'],
    ['failed', 'unlock-unavailable'],
  ] as const)('that ends as %s is %s', async (outcome, code) => {
    const answer = await createSystemPrompt().ask(async () => ({ outcome }), { signal: never });
    expect(answer).toMatchObject({ problem: { code } });
  });

  test('that was taken back counts for nothing, even if the user says yes in that moment', async () => {
    const taken = new AbortController();
    const { ask, answer, asked } = question();
    const asking = createSystemPrompt().ask(ask, { signal: taken.signal });
    await Promise.resolve();
    taken.abort();
    expect(asked[0]?.aborted).toBe(true);
    answer.resolve({ outcome: 'verified', value: 'x' });
    expect(await asking).toMatchObject({ problem: { code: 'cancelled' } });
  });

  test('waits until the one before has left the screen', async () => {
    const prompt = createSystemPrompt();
    const taken = new AbortController();
    const [first, second] = [question(), question()];
    const asking = prompt.ask(first.ask, { signal: taken.signal });
    const next = prompt.ask(second.ask, { signal: never });
    await Promise.resolve();
    taken.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(second.asked).toEqual([]);
    first.answer.resolve({ outcome: 'cancelled' });
    await asking;
    second.answer.resolve({ outcome: 'verified', value: 'x' });
    expect(await next).toEqual({ ok: true, value: 'x' });
  });

  test('is open no longer than its challenge, and never longer than a minute', async () => {
    const limits: number[] = [];
    const prompt = createSystemPrompt((delayMs, onDue) => {
      limits.push(delayMs);
      onDue();
      return () => undefined;
    });
    for (const limitMs of [52_000, 300_000, -5])
      expect(
        await prompt.ask(async () => ({ outcome: 'verified', value: 1 }), { signal: never, limitMs }),
      ).toMatchObject({ problem: { code: 'prompt-timeout' } });
    expect(limits).toEqual([52_000, 60_000, 0]);
  });

  test('that was taken back before it was asked is never put', async () => {
    const taken = new AbortController();
    taken.abort();
    const { ask, asked } = question();
    expect(await createSystemPrompt().ask(ask, { signal: taken.signal })).toMatchObject({
      problem: { code: 'cancelled' },
    });
    expect(asked).toEqual([]);
  });
});

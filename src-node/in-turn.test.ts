import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

it('runs one after another, goes on after a failure, and gives each its own outcome', async () => {
  const run = inTurn();
  const seen: string[] = [];
  const work = (name: string, ms: number) => async () => {
    seen.push(`${name} begins`);
    await delay(ms);
    seen.push(`${name} ends`);
    return name;
  };
  const slow = run(work('slow', 5));
  const failing = run(() => {
    throw new Error('not this one');
  });
  const quick = run(work('quick', 0));
  await expect(failing).rejects.toThrow('not this one');
  expect([await slow, await quick]).toEqual(['slow', 'quick']);
  expect(seen).toEqual(['slow begins', 'slow ends', 'quick begins', 'quick ends']);
});

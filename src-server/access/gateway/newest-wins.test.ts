import pino from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NewestWins } from './newest-wins.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('acts at once, then on the newest of what came meanwhile, for each by itself', async () => {
  const newest = new NewestWins(pino({ level: 'silent' }));
  const done: string[] = [];
  const say = (who: string, what: string) => newest.run(who, async () => void done.push(what));
  for (let n = 0; n < 1000; n++) await say('a', `a${n}`);
  await say('b', 'b0');
  expect(done).toEqual(['a0', 'b0']);
  await vi.advanceTimersByTimeAsync(500);
  expect(done).toEqual(['a0', 'b0', 'a999']);
  await vi.advanceTimersByTimeAsync(5000);
  await say('a', 'a1000');
  expect(done.at(-1)).toBe('a1000');
  expect(done).toHaveLength(4);
});

it('goes on after a work that failed', async () => {
  const newest = new NewestWins(pino({ level: 'silent' }));
  const seen: string[] = [];
  await expect(newest.run('a', () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
  await newest.run('a', () => Promise.reject(new Error('disk')));
  await vi.advanceTimersByTimeAsync(500);
  await newest.run('a', async () => void seen.push('last'));
  await vi.advanceTimersByTimeAsync(500);
  expect(seen).toEqual(['last']);
});

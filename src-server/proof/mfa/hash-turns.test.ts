import { expect, test } from 'vitest';
import { ServerBusyError } from '../../http/error-handling.ts';
import { HashTurns } from './hash-turns.ts';

/** Work that lasts until it is told to end. */
function work() {
  const { promise, resolve } = Promise.withResolvers<string>();
  let hasBegun = false;
  return {
    end: () => resolve('done'),
    get hasBegun() {
      return hasBegun;
    },
    run: () => {
      hasBegun = true;
      return promise;
    },
  };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('no more run at once than may, and whom the server knows goes before strangers', async () => {
  const turns = new HashTurns(1);
  const [first, stranger, known] = [work(), work(), work()];
  const all = [
    turns.take('stranger', first.run),
    turns.take('stranger', stranger.run),
    turns.take('known', known.run),
  ];
  await settle();
  expect([first.hasBegun, stranger.hasBegun, known.hasBegun]).toEqual([true, false, false]);
  first.end();
  await settle();
  expect([stranger.hasBegun, known.hasBegun]).toEqual([false, true]);
  known.end();
  stranger.end();
  expect(await Promise.all(all)).toEqual(['done', 'done', 'done']);
});

test('a crowd of strangers is sent away at once, and keeps nobody out whom the server knows', async () => {
  const turns = new HashTurns(1);
  const first = work();
  const running = turns.take('stranger', first.run);
  const crowd = Array.from({ length: 100 }, () => turns.take('stranger', async () => 'looked at'));
  const known = turns.take('known', async () => 'looked at');
  const refused = (await Promise.allSettled(crowd.slice(32))).map(
    (one) => one.status === 'rejected' && one.reason,
  );
  expect(refused.every((reason) => reason instanceof ServerBusyError)).toBe(true);
  first.end();
  await running;
  expect(await Promise.all([known, ...crowd.slice(0, 32)])).toEqual(Array(33).fill('looked at'));
});

test('work that fails gives its turn on', async () => {
  const turns = new HashTurns(1);
  const failing = turns.take('known', async () => Promise.reject(new Error('no')));
  const next = turns.take('known', async () => 'done');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('done');
});

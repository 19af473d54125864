import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { PosternBridge } from '../../src-shared/app-ipc.ts';
import { appSnapshotExample } from '../app/testing/examples.ts';

/** The preload's two ends: what the page gets, and what goes to main. */
const ends = vi.hoisted(() => ({
  exposed: new Map<string, unknown>(),
  invoked: [] as unknown[][],
  answer: undefined as unknown,
  listeners: new Map<string, (event: unknown, payload: unknown) => void>(),
}));
vi.mock('electron', () => ({
  contextBridge: { exposeInMainWorld: (name: string, api: unknown) => ends.exposed.set(name, api) },
  ipcRenderer: {
    invoke: async (...args: unknown[]) => {
      ends.invoked.push(args);
      return ends.answer;
    },
    on: (channel: string, listener: (event: unknown, payload: unknown) => void) =>
      ends.listeners.set(channel, listener),
    removeListener: (channel: string) => ends.listeners.delete(channel),
  },
}));

let bridge: PosternBridge;
beforeAll(async () => {
  await import('../preload.ts');
  bridge = ends.exposed.get('postern') as PosternBridge;
});

describe('checklist', () => {
  test('26: the page gets one frozen object with three functions, and callbacks without the event', () => {
    expect([...ends.exposed.keys()]).toEqual(['postern']);
    expect(Object.keys(bridge).toSorted()).toEqual(['invoke', 'onSnapshot', 'snapshot']);
    expect(Object.isFrozen(bridge)).toBe(true);
    expect(Object.values(bridge).every((value) => typeof value === 'function')).toBe(true);
    const heard: unknown[][] = [];
    const stop = bridge.onSnapshot((...args: unknown[]) => heard.push(args));
    ends.listeners.get('app:snapshot')?.({ sender: 'electron' }, appSnapshotExample);
    expect(heard).toEqual([[appSnapshotExample]]);
    stop();
    expect(ends.listeners.size).toBe(0);
  });
});

test('a command goes to its channel, and its answer is parsed', async () => {
  ends.answer = { ok: true, value: { isSaved: true, more: 'ignored' } };
  expect(await bridge.invoke('diagnostics.save', undefined)).toEqual({ ok: true, value: { isSaved: true } });
  expect(ends.invoked.at(-1)).toEqual(['app:diagnostics.save', undefined]);
});

test('a command that has nothing to say answers so', async () => {
  ends.answer = { ok: true, value: undefined };
  expect(await bridge.invoke('connection.refresh', undefined)).toMatchObject({ ok: true });
});

test('a refusal passes, an answer of another form does not', async () => {
  const problem = {
    type: 'urn:postern:problem:cancelled',
    code: 'cancelled',
    title: 'x',
    status: 499,
    detail: 'y',
  };
  ends.answer = { ok: false, problem };
  expect(await bridge.invoke('connection.cancel', undefined)).toEqual({ ok: false, problem });
  ends.answer = { ok: true, value: { isSaved: 'yes' } };
  await expect(bridge.invoke('diagnostics.save', undefined)).rejects.toThrow();
});

test('a name that is no command reaches no channel', async () => {
  const before = ends.invoked.length;
  for (const name of ['toString', '__proto__', 'snapshot', 'x'])
    await expect(bridge.invoke(name as 'app.quit', undefined)).rejects.toThrow('no such command');
  expect(ends.invoked).toHaveLength(before);
});

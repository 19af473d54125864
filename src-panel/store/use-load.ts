import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem, Result } from '../../src-shared/problem.ts';
import { useSessionStore } from './session-store.ts';

export interface Loaded<T> {
  /** Null until the first answer; what was there stays while it is asked for again. */
  value: T | null;
  problem: Problem | null;
  isLoading: boolean;
  /** Asks again; resolves when the answer is on screen. */
  reload: () => Promise<void>;
  /** Puts in what is known better already, e.g. the answer to a change. */
  put: (value: T) => void;
}

/** What the server says of `key`; asked anew when the key changes, and after a sign-in over an ended session. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<Result<T>>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value: T | null; problem: Problem | null }>({
    key,
    value: null,
    problem: null,
  });
  const [isLoading, setLoading] = useState(true);
  const latest = useRef(load);
  latest.current = load;
  const running = useRef<AbortController | null>(null);

  const reload = useCallback(async () => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setLoading(true);
    const answer = await latest.current(mine.signal);
    if (running.current !== mine) return;
    setLoading(false);
    setState((before) => ({
      key,
      value: answer.ok ? answer.value : before.key === key ? before.value : null,
      // An ended session is told by the sign-in over the page, after which this is asked again.
      problem: answer.ok || answer.problem.code === 'session-invalid' ? null : answer.problem,
    }));
  }, [key]);

  const isEnded = useSessionStore(({ state }) => state.phase === 'signed-in' && state.isEnded);
  useEffect(() => {
    if (!isEnded) void reload();
  }, [reload, isEnded]);
  useEffect(
    () => () => {
      running.current?.abort();
      running.current = null;
    },
    [],
  );

  const put = useCallback((value: T) => setState({ key, value, problem: null }), [key]);
  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : null,
    problem: isCurrent ? state.problem : null,
    isLoading: isLoading || !isCurrent,
    reload,
    put,
  };
}

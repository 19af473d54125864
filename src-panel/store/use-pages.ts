import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem, Result } from '../../src-shared/problem.ts';
import { type Loaded, useLoad } from './use-load.ts';

export interface PageOf<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Pages<T> extends Pick<Loaded<PageOf<T>>, 'problem' | 'isLoading' | 'reload' | 'put'> {
  /** Null until the first answer. */
  items: T[] | null;
  hasMore: boolean;
  isLoadingMore: boolean;
  moreProblem: Problem | null;
  /** Asks for the next page and appends it. */
  loadMore: () => Promise<void>;
}

/** A list that pages by key. `key` names what is asked for (filters and all): another one begins at its first page. */
export function usePages<T>(
  key: string,
  load: (cursor: string | undefined, signal?: AbortSignal) => Promise<Result<PageOf<T>>>,
): Pages<T> {
  const first = useLoad(key, (signal) => load(undefined, signal));
  const [more, setMore] = useState<{ of: PageOf<T> | null; items: T[]; nextCursor: string | null }>({
    of: null,
    items: [],
    nextCursor: null,
  });
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [moreProblem, setMoreProblem] = useState<Problem | null>(null);
  const newest = useRef(first.value);
  newest.current = first.value;
  const latest = useRef(load);
  latest.current = load;

  // Pages that were appended belong to one answer of the first page.
  const isAppended = more.of !== null && more.of === first.value;
  const items =
    first.value === null ? null : isAppended ? [...first.value.items, ...more.items] : first.value.items;
  const nextCursor = isAppended ? more.nextCursor : (first.value?.nextCursor ?? null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new first page forgets what the last one was refused with
  useEffect(() => setMoreProblem(null), [first.value]);

  const loadMore = useCallback(async () => {
    const base = newest.current;
    if (base === null || nextCursor === null) return;
    setLoadingMore(true);
    setMoreProblem(null);
    const answer = await latest.current(nextCursor);
    setLoadingMore(false);
    if (newest.current !== base) return;
    if (!answer.ok) return setMoreProblem(answer.problem);
    setMore((before) => ({
      of: base,
      items: [...(before.of === base ? before.items : []), ...answer.value.items],
      nextCursor: answer.value.nextCursor,
    }));
  }, [nextCursor]);

  return {
    items,
    hasMore: nextCursor !== null,
    isLoadingMore,
    moreProblem,
    loadMore,
    problem: first.problem,
    isLoading: first.isLoading,
    reload: first.reload,
    put: first.put,
  };
}

import type { ReactNode } from 'react';
import { Button } from '../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../src-ui/parts/problem-note.tsx';
import type { Pages } from '../store/use-pages.ts';
import { useWords } from '../strings/use-words.ts';
import { Skeleton } from './load-frame.tsx';

interface PageFrameProps<T> {
  pages: Pages<T>;
  /** Shown when there is nothing. */
  empty: ReactNode;
  lines?: number;
  children: (items: readonly T[]) => ReactNode;
}

/** A list that pages by key, with everything around it: coming, refused, empty, and "Show more" at its end. */
export function PageFrame<T>({ pages, empty, lines = 6, children }: PageFrameProps<T>) {
  const { w } = useWords();
  const { items, problem, moreProblem, hasMore, isLoading, isLoadingMore } = pages;
  return (
    <div className="page-frame" aria-busy={isLoading || undefined}>
      {problem && (
        <div className="load-problem">
          <ProblemNote problem={problem} />
          <div className="row">
            <Button isBusy={isLoading} onPress={() => void pages.reload()}>
              {w.common.retry}
            </Button>
          </div>
        </div>
      )}
      {items === null && !problem && <Skeleton lines={lines} />}
      {items !== null && (items.length === 0 ? empty : children(items))}
      <p className="visually-hidden" role="status">
        {items === null || isLoading ? '' : w.common.shown(items.length)}
      </p>
      <ProblemNote problem={moreProblem} />
      {hasMore && (
        <div className="more">
          <Button isBusy={isLoadingMore} onPress={() => void pages.loadMore()}>
            {w.common.more}
          </Button>
        </div>
      )}
    </div>
  );
}

import type { ReactNode } from 'react';
import { Button } from '../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../src-ui/parts/problem-note.tsx';
import type { Loaded } from '../store/use-load.ts';
import { useWords } from '../strings/use-words.ts';

interface LoadFrameProps<T> {
  loaded: Loaded<T>;
  /** Grey lines in the place of what comes, so that nothing jumps. */
  lines?: number;
  children: (value: T) => ReactNode;
}

/** What is asked of the server: place held while it comes, the reason and a button when it does not. */
export function LoadFrame<T>({ loaded, lines = 4, children }: LoadFrameProps<T>) {
  const { w } = useWords();
  const { value, problem, isLoading, reload } = loaded;
  return (
    <>
      {problem && (
        <div className="load-problem">
          <ProblemNote problem={problem} />
          {value !== null && <p className="hint">{w.common.stale}</p>}
          <div className="row">
            <Button isBusy={isLoading} onPress={() => void reload()}>
              {w.common.retry}
            </Button>
          </div>
        </div>
      )}
      {value !== null && children(value)}
      {value === null && !problem && <Skeleton lines={lines} />}
    </>
  );
}

/** Holds the place of what is on its way. */
export function Skeleton({ lines }: { lines: number }) {
  const { w } = useWords();
  return (
    <div className="skeleton" aria-busy="true">
      <p className="visually-hidden" role="status">
        {w.common.loading}
      </p>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines without content are alike
        <div key={line} className="skeleton-line" aria-hidden="true" />
      ))}
    </div>
  );
}

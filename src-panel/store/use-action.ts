import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem, Result } from '../../src-shared/problem.ts';

/** One thing that the page does, with its progress: `problem` is what the last run was refused with. */
export function useAction<A extends unknown[], T>(action: (...args: A) => Promise<Result<T>>) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const latest = useRef(action);
  latest.current = action;
  const isThere = useRef(true);
  useEffect(() => {
    isThere.current = true;
    return () => {
      isThere.current = false;
    };
  }, []);
  const run = useCallback(async (...args: A): Promise<Result<T>> => {
    setBusy(true);
    setProblem(null);
    const answer = await latest.current(...args);
    if (isThere.current) {
      setBusy(false);
      // An ended session is told by the sign-in over the page, and after it this can be done again.
      const isTold = answer.ok || answer.problem.code === 'session-invalid';
      setProblem(isTold ? null : answer.problem);
    }
    return answer;
  }, []);
  const clear = useCallback(() => setProblem(null), []);
  return { run, isBusy, problem, clear };
}

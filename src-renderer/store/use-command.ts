import { useCallback, useEffect, useRef, useState } from 'react';
import type { AppAnswer, AppCommandName, CommandInput, CommandOutput } from '../../src-shared/app-ipc.ts';

export type CommandProblem = Extract<AppAnswer<unknown>, { ok: false }>['problem'];

/** One command of main with its progress: `run` sends it, `problem` is what the last run was refused with. */
export function useCommand<N extends AppCommandName>(name: N) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<CommandProblem | null>(null);
  const newest = useRef(0);
  useEffect(
    () => () => {
      newest.current = -1;
    },
    [],
  );

  const run = useCallback(
    async (input: CommandInput<N>): Promise<AppAnswer<CommandOutput<N>>> => {
      const mine = newest.current + 1;
      newest.current = mine;
      setBusy(true);
      setProblem(null);
      const answer = await window.postern.invoke(name, input);
      if (newest.current === mine) {
        setBusy(false);
        setProblem(answer.ok ? null : answer.problem);
      }
      return answer;
    },
    [name],
  );
  const clear = useCallback(() => setProblem(null), []);
  return { run, isBusy, problem, clear };
}

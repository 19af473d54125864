import { problemText, type Told } from '../strings/problem-text.ts';
import { useLanguage } from '../strings/use-strings.ts';

/** What a command was refused with. The region is there from the start and empty, so that it is read when it fills. */
export function ProblemNote({ problem }: { problem: Told | null }) {
  const { t } = useLanguage();
  const isQuiet = problem === null || problem.code === 'cancelled';
  const text = isQuiet ? null : problemText(problem, t);
  return (
    <div className="problem-note" role="alert">
      {text && (
        <>
          <p>{text.sentence}</p>
          {text.extra && <p className="hint">{text.extra}</p>}
        </>
      )}
    </div>
  );
}

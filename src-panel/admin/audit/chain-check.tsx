import type { AuditVerification } from '../../../src-shared/panel/audit.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useAction } from '../../store/use-action.ts';
import { useLoad } from '../../store/use-load.ts';
import { beginVerification, loadVerification } from '../api/audit-api.ts';
import { shortTime } from '../parts/moment.tsx';
import { useRefresh } from '../parts/use-refresh.ts';
import type { AdminWords } from '../strings/en.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';

const FOLLOW_MS = 500;

/** Whether the log is as it was written: begins the walk over its hashes and follows it. */
export function ChainCheck() {
  const { a, locale } = useAdminWords();
  const check = useLoad('audit verification', () => loadVerification(false));
  const beginning = useAction(beginVerification);
  const value = check.value;
  const isRunning = value?.state === 'running';
  useRefresh(() => loadVerification(true), check.put, FOLLOW_MS, isRunning);
  return (
    <section className="panel stack" aria-labelledby="chain">
      <div className="panel-head">
        <h2 id="chain">{a.audit.chain}</h2>
        <Button
          isBusy={isRunning || beginning.isBusy}
          onPress={() => void beginning.run().then((answer) => answer.ok && check.put(answer.value))}
        >
          {value === null || value.state === 'never' ? a.audit.verify : a.audit.verifyAgain}
        </Button>
      </div>
      <p className="hint">{a.audit.chainText}</p>
      {isRunning && (
        <progress value={value.rows} max={Math.max(1, value.rowsTotal)} aria-labelledby="chain" />
      )}
      <div role="status">
        {value?.state === 'broken' ? (
          <Bar look="warning">{wordsOf(value, a.audit, locale)}</Bar>
        ) : (
          <p data-state={value?.state}>{value && wordsOf(value, a.audit, locale)}</p>
        )}
      </div>
      {value?.archived && (
        <p className="hint">
          {a.audit.archived(
            value.archived.rows,
            value.archived.throughSeq,
            shortTime(value.archived.at, locale),
          )}
        </p>
      )}
      <ProblemNote problem={beginning.problem ?? check.problem} />
    </section>
  );
}

function wordsOf(value: AuditVerification, words: AdminWords['audit'], locale: string): string {
  const when = value.finishedAt === null ? '' : shortTime(value.finishedAt, locale);
  switch (value.state) {
    case 'never':
    case 'failed':
      return words[value.state];
    case 'running':
      return words.running(value.rows, value.rowsTotal);
    case 'holds':
      return words.holds(value.rows, when);
    case 'broken':
      return words.broken(value.brokenAt ?? 0, when);
  }
}

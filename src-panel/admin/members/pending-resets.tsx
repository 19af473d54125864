import { useState } from 'react';
import type { MfaReset } from '../../../src-shared/panel/members.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { Link } from '../../frame/link.tsx';
import { DoneNote } from '../../parts/done-note.tsx';
import { useAction } from '../../store/use-action.ts';
import { usePages } from '../../store/use-pages.ts';
import { loadResets, withdrawReset } from '../api/members-api.ts';
import { shortTime } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** Resets that wait for their members, with the way to take them back; nothing when there are none. */
export function PendingResets() {
  const { a, w } = useAdminWords();
  const [done, setDone] = useState<string | null>(null);
  const pages = usePages('mfa-resets', loadResets);
  const items = pages.items ?? [];
  return (
    <>
      <DoneNote text={done} />
      <ProblemNote problem={pages.problem} />
      {items.length > 0 && (
        <section className="panel stack" aria-labelledby="pending-resets">
          <h2 id="pending-resets">{a.resets.title}</h2>
          <p className="hint">{a.resets.text}</p>
          <ul className="rows">
            {items.map((reset) => (
              <li key={reset.id}>
                <PendingReset
                  reset={reset}
                  onWithdrawn={() => {
                    setDone(a.member.withdrawn);
                    void pages.reload();
                  }}
                />
              </li>
            ))}
          </ul>
          <ProblemNote problem={pages.moreProblem} />
          {pages.hasMore && (
            <div className="row">
              <Button isBusy={pages.isLoadingMore} onPress={() => void pages.loadMore()}>
                {w.common.more}
              </Button>
            </div>
          )}
        </section>
      )}
    </>
  );
}

function PendingReset({ reset, onWithdrawn }: { reset: MfaReset; onWithdrawn: () => void }) {
  const { a, locale } = useAdminWords();
  const { run, isBusy, problem } = useAction(withdrawReset);
  return (
    <>
      <div className="panel-row">
        <span className="two-lines">
          <Link to={`/members/${reset.memberId}`}>{reset.memberName}</Link>
          <span className="hint">
            {a.member.resetBy(reset.requestedBy, shortTime(reset.expiresAt, locale))}
          </span>
        </span>
        <Button
          isBusy={isBusy}
          accessibleName={a.member.withdrawLabel(reset.memberName)}
          onPress={() => void run(reset.id).then((answer) => answer.ok && onWithdrawn())}
        >
          {a.member.withdraw}
        </Button>
      </div>
      <ProblemNote problem={problem} />
    </>
  );
}

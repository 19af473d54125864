import { useState } from 'react';
import { ok } from '../../../src-shared/problem.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { useSession } from '../../store/session-store.ts';
import { useAction } from '../../store/use-action.ts';
import { useLoad } from '../../store/use-load.ts';
import { changeMember, findReset, type Member, requestReset, withdrawReset } from '../api/members-api.ts';
import { shortTime } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

interface MemberFactorProps {
  member: Member;
  onEnabled: (member: Member) => void;
  /** A reset was asked for or withdrawn. */
  onChanged: (text: string) => Promise<void>;
}

/** The second factor: its state, the reset by a link that waits for the member, and enabling it again. */
export function MemberFactor({ member, onEnabled, onChanged }: MemberFactorProps) {
  const { a } = useAdminWords();
  const { isMailOn } = useSession();
  const [isAsking, setAsking] = useState(false);
  const enabling = useAction(() => changeMember(member.id, 'enable-factor'));
  const { may } = member;
  return (
    <section className="panel stack" aria-labelledby="factor">
      <h2 id="factor">{a.member.mfa}</h2>
      <p>
        {a.member.mfaStates[member.mfa]}
        {member.mfa !== 'none' && ` ${a.member.codesLeft(member.backupCodesLeft)}`}
      </p>
      {member.hasPendingReset && <PendingHere member={member} onChanged={onChanged} />}
      {!isMailOn && may.resetMfa && <p className="hint">{a.member.mailOff}</p>}
      <ProblemNote problem={enabling.problem} />
      <div className="row">
        {may.enableFactor && (
          <Button
            look="primary"
            isBusy={enabling.isBusy}
            onPress={() => void enabling.run().then((answer) => answer.ok && onEnabled(answer.value))}
          >
            {a.member.enable}
          </Button>
        )}
        {may.resetMfa && (
          <Button isDisabled={!isMailOn} onPress={() => setAsking(true)}>
            {a.member.reset}
          </Button>
        )}
      </div>
      {isAsking && (
        <ConfirmDialog
          title={a.member.resetTitle(member.name)}
          text={a.member.resetText(member.email)}
          confirmLabel={a.member.resetDo}
          look="primary"
          onConfirm={() => requestReset(member.id)}
          onDone={() => {
            setAsking(false);
            void onChanged(a.member.resetSent(member.email));
          }}
          onCancel={() => setAsking(false)}
        />
      )}
    </section>
  );
}

function PendingHere({ member, onChanged }: Pick<MemberFactorProps, 'member' | 'onChanged'>) {
  const { a, locale } = useAdminWords();
  const reset = useLoad(`reset of ${member.id}`, (signal) => findReset(member.id, signal));
  const withdrawing = useAction(async () =>
    reset.value?.reset ? withdrawReset(reset.value.reset.id) : ok(undefined),
  );
  const pending = reset.value?.reset;
  return (
    <div className="pending" data-tone="busy">
      <p>
        <strong>{a.member.resetPending}</strong>
      </p>
      {pending && (
        <p className="hint">{a.member.resetBy(pending.requestedBy, shortTime(pending.expiresAt, locale))}</p>
      )}
      <ProblemNote problem={reset.problem ?? withdrawing.problem} />
      {pending && (
        <div className="row">
          <Button
            isBusy={withdrawing.isBusy}
            onPress={() =>
              void withdrawing.run().then((answer) => {
                if (answer.ok) void onChanged(a.member.withdrawn);
              })
            }
          >
            {a.member.withdraw}
          </Button>
        </div>
      )}
    </div>
  );
}

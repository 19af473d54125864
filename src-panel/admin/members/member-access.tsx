import { useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { useSession } from '../../store/session-store.ts';
import { useAction } from '../../store/use-action.ts';
import { changeMember, type Member, removeMember } from '../api/members-api.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { GivePassword } from './give-password.tsx';
import { MakerTokens } from './maker-tokens.tsx';

interface MemberAccessProps {
  member: Member;
  onChanged: (member: Member) => void;
  onRemoved: () => void;
}

/** A new password; block, which can be taken back, and remove, which cannot; and why they are off where they are. */
export function MemberAccess({ member, onChanged, onRemoved }: MemberAccessProps) {
  const { a } = useAdminWords();
  const self = useSession().member;
  const [asked, setAsked] = useState<'block' | 'remove' | null>(null);
  const [keepApiTokens, setKeepApiTokens] = useState(false);
  const unblocking = useAction(() => changeMember(member.id, 'unblock'));
  const { may, name, isBlocked, apiTokens } = member;
  const fate = <MakerTokens tokens={apiTokens} isKept={keepApiTokens} onChange={setKeepApiTokens} />;
  const why = may.block ? null : self.id === member.id ? a.member.self : a.member.notYours;
  return (
    <section className="panel stack" aria-labelledby="access">
      <h2 id="access">{a.member.access}</h2>
      {why && <p className="hint">{why}</p>}
      <ProblemNote problem={unblocking.problem} />
      {may.block && <GivePassword member={member} />}
      {may.block && (
        <div className="panel-row">
          <p className="hint">{a.member.blockHint}</p>
          {isBlocked ? (
            <Button
              isBusy={unblocking.isBusy}
              onPress={() => void unblocking.run().then((answer) => answer.ok && onChanged(answer.value))}
            >
              {a.member.unblock}
            </Button>
          ) : (
            <Button onPress={() => setAsked('block')}>{a.member.block}</Button>
          )}
        </div>
      )}
      {may.remove && (
        <div className="panel-row">
          <p className="hint">{a.member.removeHint}</p>
          <Button look="danger" onPress={() => setAsked('remove')}>
            {a.member.remove}
          </Button>
        </div>
      )}
      {asked === 'block' && (
        <ConfirmDialog
          title={a.member.blockTitle(name)}
          text={a.member.blockText}
          confirmLabel={a.member.block}
          onConfirm={() => changeMember(member.id, 'block', { keepApiTokens })}
          onDone={(value) => {
            setAsked(null);
            onChanged(value);
          }}
          onCancel={() => setAsked(null)}
        >
          {fate}
        </ConfirmDialog>
      )}
      {asked === 'remove' && (
        <ConfirmDialog
          title={a.member.removeTitle(name)}
          text={a.member.removeText}
          confirmLabel={a.member.remove}
          typed={member.email}
          onConfirm={() => removeMember(member.id, { keepApiTokens })}
          onDone={onRemoved}
          onCancel={() => setAsked(null)}
        >
          {fate}
        </ConfirmDialog>
      )}
    </section>
  );
}

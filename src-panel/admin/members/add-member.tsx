import { useEffect, useRef, useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useSession } from '../../store/session-store.ts';
import { useAction } from '../../store/use-action.ts';
import { addMember, type NewMember } from '../api/members-api.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { draftErrors, type MemberDraft, MemberFields } from './member-fields.tsx';

interface AddMemberProps {
  onCancel: () => void;
  /** The password has been seen. */
  onDone: (memberId: string) => void;
}

/** Asks for name, address and role; then shows the temporary password, this once. */
export function AddMember({ onCancel, onDone }: AddMemberProps) {
  const { a, w } = useAdminWords();
  const { member: self } = useSession();
  const [draft, setDraft] = useState<MemberDraft>({ name: '', email: '', role: 'member' });
  const [isTried, setTried] = useState(false);
  const [added, setAdded] = useState<NewMember | null>(null);
  const { run, isBusy, problem } = useAction(addMember);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const isTaken = problem?.code === 'email-taken';

  async function add(): Promise<void> {
    setTried(true);
    const errors = draftErrors(draft);
    if (errors.name || errors.email || isBusy) return;
    const answer = await run({ ...draft, name: draft.name.trim(), email: draft.email.trim() });
    if (answer.ok) setAdded(answer.value);
  }
  if (added !== null)
    return (
      <ShownOnce
        title={a.members.addedTitle(added.member.name)}
        text={a.members.addedText}
        label={a.members.temporaryPassword}
        secret={added.temporaryPassword}
        understood={a.members.understood}
        onDone={() => onDone(added.member.id)}
      />
    );
  return (
    <Dialog title={a.members.addTitle} text={a.members.addText} onCancel={onCancel}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <MemberFields
          firstField={first}
          draft={draft}
          onChange={setDraft}
          isTried={isTried}
          emailError={isTaken ? a.members.emailTaken : null}
          roles={self.role === 'owner' ? ['member', 'administrator', 'owner'] : ['member']}
        />
        <ProblemNote problem={isTaken ? null : problem} />
        <div className="dialog-buttons">
          <Button onPress={onCancel}>{w.common.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {a.members.addDo}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

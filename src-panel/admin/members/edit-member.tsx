import { useEffect, useRef, useState } from 'react';
import { fail, type Result } from '../../../src-shared/problem.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { editMember, type Member } from '../api/members-api.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { MakerTokens } from './maker-tokens.tsx';
import { draftErrors, type MemberDraft, MemberFields } from './member-fields.tsx';

interface EditMemberProps {
  member: Member;
  onCancel: () => void;
  onDone: (member: Member) => void;
}

/** Sends only what was changed, so that two administrators who change different fields do not undo each other. */
export function EditMember({ member, onCancel, onDone }: EditMemberProps) {
  const { a } = useAdminWords();
  const { name, email, role } = member;
  const [draft, setDraft] = useState<MemberDraft>({ name, email, role });
  const [keepApiTokens, setKeepApiTokens] = useState(false);
  const isDemoted = draft.role === 'member' && role !== 'member';
  const [isTried, setTried] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  async function save(): Promise<Result<Member>> {
    setTried(true);
    const errors = draftErrors(draft);
    if (errors.name || errors.email) return fail('cancelled');
    const change = {
      ...(draft.name.trim() === name ? {} : { name: draft.name.trim() }),
      ...(draft.email.trim() === email ? {} : { email: draft.email.trim() }),
      ...(draft.role === role ? {} : { role: draft.role }),
    };
    if (Object.keys(change).length === 0) return { ok: true, value: member };
    return editMember(member.id, { ...change, ...(isDemoted ? { keepApiTokens } : {}) });
  }
  return (
    <ConfirmDialog
      title={a.member.editTitle}
      text={email}
      confirmLabel={a.member.save}
      look="primary"
      onConfirm={save}
      onDone={onDone}
      onCancel={onCancel}
    >
      <MemberFields
        firstField={first}
        draft={draft}
        onChange={setDraft}
        isTried={isTried}
        emailError={null}
        roles={member.may.changeRole ? ['member', 'administrator', 'owner'] : [role]}
      />
      {isDemoted && (
        <MakerTokens tokens={member.apiTokens} isKept={keepApiTokens} onChange={setKeepApiTokens} />
      )}
    </ConfirmDialog>
  );
}

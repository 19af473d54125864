import type { Ref } from 'react';
import type { MemberRole } from '../../../src-shared/member-role.ts';
import { RadioGroup } from '../../../src-ui/parts/choices.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

export interface MemberDraft {
  name: string;
  email: string;
  role: MemberRole;
}

/** Why a field cannot be sent; null: it can. Whether an address exists only a mail can tell. */
export function draftErrors(draft: MemberDraft): { name: boolean; email: boolean } {
  return { name: draft.name.trim() === '', email: !/^\S+@\S+$/.test(draft.email.trim()) };
}

interface MemberFieldsProps {
  draft: MemberDraft;
  onChange: (draft: MemberDraft) => void;
  /** Errors are shown once somebody has tried to send. */
  isTried: boolean;
  emailError: string | null;
  /** Only owners make or change owners and administrators. */
  roles: readonly MemberRole[];
  firstField?: Ref<HTMLInputElement>;
}

export function MemberFields({ draft, onChange, isTried, emailError, roles, firstField }: MemberFieldsProps) {
  const { a } = useAdminWords();
  const errors = draftErrors(draft);
  return (
    <>
      <TextField
        {...(firstField ? { ref: firstField } : {})}
        label={a.members.name}
        value={draft.name}
        autoComplete="off"
        error={isTried && errors.name ? a.members.required : null}
        onChange={(name) => onChange({ ...draft, name })}
      />
      <TextField
        label={a.members.email}
        type="email"
        inputMode="email"
        value={draft.email}
        autoComplete="off"
        error={isTried && errors.email ? a.members.required : emailError}
        onChange={(email) => onChange({ ...draft, email })}
      />
      {roles.length > 1 && (
        <RadioGroup
          label={a.members.role}
          value={draft.role}
          options={roles.map((role) => ({
            value: role,
            name: a.roles[role],
            text: a.members.roleHints[role],
          }))}
          onChange={(role) => onChange({ ...draft, role })}
        />
      )}
    </>
  );
}

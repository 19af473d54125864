import { useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { givePassword, type Member } from '../api/members-api.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** A temporary password for who has forgotten theirs, or let one expire. */
export function GivePassword({ member }: { member: Member }) {
  const { a } = useAdminWords();
  const [isAsked, setAsked] = useState(false);
  const [given, setGiven] = useState<string | null>(null);
  return (
    <div className="panel-row">
      <p className="hint">{a.member.passwordHint}</p>
      <Button onPress={() => setAsked(true)}>{a.member.givePassword}</Button>
      {isAsked && (
        <ConfirmDialog
          title={a.member.givePasswordTitle(member.name)}
          text={a.member.givePasswordText}
          confirmLabel={a.member.givePassword}
          onConfirm={() => givePassword(member.id)}
          onDone={({ temporaryPassword }) => {
            setAsked(false);
            setGiven(temporaryPassword);
          }}
          onCancel={() => setAsked(false)}
        />
      )}
      {given !== null && (
        <ShownOnce
          title={a.member.givenTitle(member.name)}
          text={a.members.addedText}
          label={a.members.temporaryPassword}
          secret={given}
          understood={a.members.understood}
          onDone={() => setGiven(null)}
        />
      )}
    </div>
  );
}

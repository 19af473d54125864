import { useEffect, useRef, useState } from 'react';
import { fail, type Result } from '../../../src-shared/problem.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { Button } from '../../../src-ui/parts/button.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useSession } from '../../store/session-store.ts';
import { type DisconnectResult, disconnectMember, type Member } from '../api/members-api.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';

const REASON_LENGTH = 200;
const INCIDENT_LENGTH = 100;

/** Ends every connection of a member and their sessions here, and says what came of it. */
export function DisconnectMember({
  member,
  onClose,
}: {
  member: Member;
  onClose: (isDone: boolean) => void;
}) {
  const { a } = useAdminWords();
  const { isGateOff } = useSession();
  const [reason, setReason] = useState('');
  const [incidentId, setIncidentId] = useState('');
  const [result, setResult] = useState<DisconnectResult | null>(null);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const isReasonLong = reason.trim().length > REASON_LENGTH;
  const isIncidentLong = incidentId.trim().length > INCIDENT_LENGTH;

  async function disconnect(): Promise<Result<DisconnectResult>> {
    if (isReasonLong || isIncidentLong) return fail('cancelled');
    return disconnectMember(member.id, {
      ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
      ...(incidentId.trim() === '' ? {} : { incidentId: incidentId.trim() }),
    });
  }
  if (result !== null) return <Outcome result={result} onClose={() => onClose(true)} />;
  return (
    <ConfirmDialog
      title={a.member.disconnectTitle(member.name)}
      text={isGateOff ? a.member.disconnectNoGate : a.member.disconnectText}
      confirmLabel={a.member.disconnect}
      onConfirm={disconnect}
      onDone={setResult}
      onCancel={() => onClose(false)}
    >
      <TextField
        ref={first}
        label={a.member.reason}
        hint={a.member.reasonHint}
        value={reason}
        autoComplete="off"
        error={isReasonLong ? a.member.reasonTooLong : null}
        onChange={setReason}
      />
      <TextField
        label={a.member.incident}
        value={incidentId}
        autoComplete="off"
        error={isIncidentLong ? a.member.reasonTooLong : null}
        onChange={setIncidentId}
      />
    </ConfirmDialog>
  );
}

function Outcome({ result, onClose }: { result: DisconnectResult; onClose: () => void }) {
  const { a } = useAdminWords();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <Dialog title={a.member.resultTitle} onCancel={onClose}>
      <div className="stack" role="status">
        <ul className="bullets">
          <li>{a.member.ended(result.endedConnections)}</li>
          <li>{result.isEnforced ? a.member.enforced : a.member.notEnforced}</li>
          <li>{a.member.notified(result.notified)}</li>
          <li>{a.member.isSignedOut}</li>
          {result.offline > 0 && <li>{a.member.offline(result.offline)}</li>}
        </ul>
        {result.warning !== null && <Bar look="warning">{a.member.disconnectNoGate}</Bar>}
      </div>
      <div className="dialog-buttons">
        <Button ref={button} look="primary" onPress={onClose}>
          {a.member.done}
        </Button>
      </div>
    </Dialog>
  );
}

import { BackupCodes } from '../parts/backup-codes.tsx';
import { type Flow, useFlow } from '../store/flow-store.ts';
import { useSession } from '../store/session-store.ts';
import { AuthenticatorFlow } from './authenticator-flow.tsx';

/** What takes the whole page: a new authenticator, and the codes that are shown once. */
export function FlowScreen({ flow }: { flow: Flow }) {
  const { member, serverName } = useSession();
  const { begin, end } = useFlow();
  if (flow.name === 'codes')
    return (
      <BackupCodes
        codes={flow.codes}
        note={flow.note}
        email={member.email}
        serverName={serverName}
        onDone={end}
      />
    );
  return (
    <AuthenticatorFlow
      isReplacing={flow.isReplacing}
      needsPassword={flow.needsPassword}
      onCodes={(codes, note) => begin({ name: 'codes', codes, note })}
      onCancel={end}
    />
  );
}

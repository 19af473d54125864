import type { LevelAnswer } from '../../../src-shared/unlock.ts';
import { CodeForm } from '../../../src-ui/parts/code/code-form.tsx';
import type { OtherWay } from '../../../src-ui/parts/code/method-list.tsx';
import type { CodeFailure } from '../../../src-ui/parts/entry/failure-text.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';

interface ConfirmProps {
  submitLabel: string;
  cancelLabel: string;
  checkingText: string;
  otherWays?: readonly OtherWay[];
  onCancel: () => void;
  onSubmit: (proof: LevelAnswer) => Promise<CodeFailure | null>;
}

/** The fresh code that a change of PIN or biometrics needs. */
export function Confirm({ onSubmit, ...form }: ConfirmProps) {
  const serverName = useSnapshot((s) => s.account?.serverName ?? '');
  return (
    <CodeForm
      {...form}
      methods={['totp', 'backup-code']}
      serverName={serverName}
      onSubmit={(method, code) => onSubmit({ method, code })}
    />
  );
}

import { Button } from '../../../src-ui/parts/button.tsx';
import { Door } from '../../../src-ui/parts/door.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';
import { ServerName } from './server-name.tsx';
import type { FoundServer } from './server-step.tsx';

interface TrustStepProps {
  server: FoundServer;
  onTrusted: () => void;
  onLater: () => void;
  onBack: () => void;
}

/** Once for each server: the person compares, the system asks for an administrator. */
export function TrustStep({ server, onTrusted, onLater, onBack }: TrustStepProps) {
  const { t, w } = useWords();
  const trust = useCommand('server.trust');
  return (
    <Door title={w.signIn.trustTitle} text={w.signIn.trustText}>
      <div className="stack">
        <ServerName server={server} />
        <Fingerprint value={server.fingerprint} label={w.signIn.fingerprint} />
        <ProblemNote problem={trust.problem} />
        <Button
          look="primary"
          size="large"
          isBusy={trust.isBusy}
          onPress={() =>
            void trust.run({ serverUrl: server.url }).then((answer) => {
              if (answer.ok) onTrusted();
            })
          }
        >
          {w.signIn.trust}
        </Button>
        <div className="row">
          <Button look="quiet" onPress={onBack}>
            {t.common.back}
          </Button>
          <Button look="quiet" onPress={onLater}>
            {w.signIn.trustLater}
          </Button>
        </div>
      </div>
    </Door>
  );
}

/** A key fingerprint, broken where the groups are, never inside one. */
function Fingerprint({ value, label }: { value: string; label: string }) {
  return (
    <dl className="fingerprint">
      <dt>{label}</dt>
      <dd className="mono">{value}</dd>
    </dl>
  );
}

import { Button } from '../../../src-ui/parts/button.tsx';
import { Door } from '../../../src-ui/parts/door.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';
import { useCommand } from '../../store/use-command.ts';
import { Fingerprint } from './fingerprint.tsx';
import { ServerName } from './server-name.tsx';
import type { FoundServer } from './sign-in.tsx';

interface TrustStepProps {
  server: FoundServer;
  onTrusted: () => void;
  onLater: () => void;
  onBack: () => void;
}

/** Once for each server: the person compares, the system asks for an administrator. */
export function TrustStep({ server, onTrusted, onLater, onBack }: TrustStepProps) {
  const { t } = useLanguage();
  const trust = useCommand('server.trust');
  return (
    <Door title={t.signIn.trustTitle} text={t.signIn.trustText}>
      <div className="stack">
        <ServerName server={server} />
        <Fingerprint value={server.fingerprint} label={t.signIn.fingerprint} />
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
          {t.signIn.trust}
        </Button>
        <div className="row">
          <Button look="quiet" onPress={onBack}>
            {t.common.back}
          </Button>
          <Button look="quiet" onPress={onLater}>
            {t.signIn.trustLater}
          </Button>
        </div>
      </div>
    </Door>
  );
}

import { useEffect, useRef, useState } from 'react';
import type { CommandOutput } from '../../../src-shared/app-ipc.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Door } from '../../../src-ui/parts/door.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { ReasonNote } from '../../../src-ui/parts/reason-note.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';
import { serverUrlOf } from './server-url.ts';

/** What the server says of itself, at the address that it was found at. */
export type FoundServer = CommandOutput<'server.look-up'> & { url: string };

interface ServerStepProps {
  typedUrl: string;
  onType: (typed: string) => void;
  onFound: (server: FoundServer) => void;
}

export function ServerStep({ typedUrl, onType, onFound }: ServerStepProps) {
  const { w } = useWords();
  const reason = useSnapshot((s) => (s.connection.phase === 'signed-out' ? s.connection.reason : null));
  const lookUp = useCommand('server.look-up');
  const chooseCa = useCommand('server.choose-ca');
  const [caFile, setCaFile] = useState<string | null>(null);
  const [isInvalid, setInvalid] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  async function submit(): Promise<void> {
    if (lookUp.isBusy) return;
    const url = serverUrlOf(typedUrl);
    setInvalid(url === null);
    if (url === null) return field.current?.focus();
    const answer = await lookUp.run({ serverUrl: url });
    if (answer.ok) onFound({ ...answer.value, url });
  }

  return (
    <Door title={w.signIn.title} text={w.signIn.lead}>
      {reason && (
        <div className="door-reason">
          <p className="door-reason-title">{w.signIn.endedTitle}</p>
          <ReasonNote reason={reason} />
        </div>
      )}
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          ref={field}
          label={w.signIn.server}
          value={typedUrl}
          inputMode="url"
          autoComplete="url"
          hint={w.signIn.serverHint}
          error={isInvalid ? w.signIn.serverInvalid : null}
          isReadOnly={lookUp.isBusy}
          onChange={(typed) => {
            setInvalid(false);
            onType(typed);
          }}
        />
        <ProblemNote problem={lookUp.problem} />
        <Button type="submit" look="primary" size="large" isBusy={lookUp.isBusy}>
          {lookUp.isBusy ? w.signIn.lookingUp : w.signIn.continue}
        </Button>
        <details
          className="own-ca"
          open={lookUp.problem?.code === 'server-untrusted-certificate' || undefined}
        >
          <summary>{w.signIn.ownCa}</summary>
          <div className="own-ca-body">
            <Button
              isBusy={chooseCa.isBusy}
              onPress={() =>
                void chooseCa.run(undefined).then((answer) => {
                  if (answer.ok && answer.value) setCaFile(answer.value.fileName);
                })
              }
            >
              {w.signIn.chooseCa}
            </Button>
            <span role="status">{caFile === null ? '' : w.signIn.caChosen(caFile)}</span>
          </div>
          <ProblemNote problem={chooseCa.problem} />
        </details>
      </form>
    </Door>
  );
}

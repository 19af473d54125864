import type { ConnectionState } from '../../../src-shared/connection-state.ts';
import { timeText } from '../../../src-ui/format/date-time.ts';
import { clockText, roughDuration } from '../../../src-ui/format/duration.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useServerNow } from '../../../src-ui/time/use-now.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';

type Connected = Extract<ConnectionState, { phase: 'connected' }>;

/** Since when, from which address, until when. The rows stay where they are without a connection. */
export function Facts({ connected }: { connected: Connected | null }) {
  const { t, w, locale } = useWords();
  const now = useServerNow(1000, connected !== null);
  const renew = useCommand('connection.renew');
  const since = connected && Date.parse(connected.since);
  const expiresAt = connected && Date.parse(connected.lease.expiresAt);
  const address = connected?.lease.addresses.map((cidr) => cidr.split('/')[0]).join(', ');
  return (
    <>
      <dl className="facts">
        <div>
          <dt>{w.home.duration}</dt>
          <dd className="numeric">
            {since === null ? t.common.none : clockText((now - since) / 1000)}
            {connected && <span className="hint"> · {timeText(connected.since, now, locale)}</span>}
          </dd>
        </div>
        <div>
          <dt>{w.home.address}</dt>
          <dd className="mono">{address ?? t.common.none}</dd>
        </div>
        <div>
          <dt>{w.home.verification}</dt>
          <dd className="facts-renew">
            <span>
              {expiresAt === null
                ? t.common.none
                : w.home.verificationIn(roughDuration(Math.max(0, expiresAt - now), locale))}
            </span>
            {connected && (
              <Button look="quiet" isBusy={renew.isBusy} onPress={() => void renew.run(undefined)}>
                {w.home.renew}
              </Button>
            )}
          </dd>
        </div>
      </dl>
      <ProblemNote problem={renew.problem} />
    </>
  );
}

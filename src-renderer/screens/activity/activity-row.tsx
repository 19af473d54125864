import type { ActivityEntry } from '../../../src-shared/app-snapshot.ts';
import { timeText } from '../../../src-ui/format/date-time.ts';
import type { ArchShape } from '../../../src-ui/parts/arch.tsx';
import { Arch } from '../../../src-ui/parts/arch.tsx';
import { problemText } from '../../../src-ui/strings/problem-text.ts';
import { reasonText } from '../../../src-ui/strings/reason-text.ts';
import { useWords } from '../../strings/use-words.ts';

type Kind = ActivityEntry['kind'];

const looks: Record<Kind, { tone: 'off' | 'busy' | 'gate' | 'on' | 'stopped'; shape: ArchShape }> = {
  'signed-in': { tone: 'off', shape: 'closed' },
  'signed-out': { tone: 'off', shape: 'closed' },
  connecting: { tone: 'busy', shape: 'opening' },
  connected: { tone: 'on', shape: 'open' },
  disconnected: { tone: 'off', shape: 'closed' },
  gate: { tone: 'gate', shape: 'keyhole' },
  reconnecting: { tone: 'busy', shape: 'opening' },
  'proof-refused': { tone: 'stopped', shape: 'barred' },
  renewed: { tone: 'on', shape: 'open' },
  notice: { tone: 'off', shape: 'closed' },
};

export function ActivityRow({ entry }: { entry: ActivityEntry }) {
  const { t, w, locale } = useWords();
  const { tone, shape } = looks[entry.kind];
  const time = timeText(entry.at, Date.parse(entry.at), locale);
  const reason =
    entry.reason && reasonText(entry.reason, timeText(entry.reason.at, Date.parse(entry.at), locale), t);
  const problem = entry.problem && problemText(entry.problem, t);
  const circumstances = [
    entry.gatewayName && w.activity.via(entry.gatewayName),
    entry.source && w.activity.by[entry.source],
  ].filter((part) => part !== null && part !== '');
  return (
    <li className="activity-row" data-tone={tone}>
      <svg className="activity-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <Arch shape={shape} />
      </svg>
      <div className="activity-words">
        <p>
          <strong>{w.activity.kinds[entry.kind]}</strong>{' '}
          <span className="hint">{circumstances.join(' ')}</span>
        </p>
        {reason && (
          <p>
            {reason.sentence} {reason.quote && <q dir="auto">{reason.quote}</q>}
          </p>
        )}
        {entry.reason?.incidentId && <p className="hint mono">{t.incident(entry.reason.incidentId)}</p>}
        {problem && (
          <p className="hint">
            {problem.sentence} {problem.extra}
          </p>
        )}
      </div>
      <time className="hint numeric" dateTime={entry.at}>
        {time}
      </time>
    </li>
  );
}

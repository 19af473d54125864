import { useId } from 'react';
import type { AccountSession } from '../../src-shared/panel/account.ts';
import { timeText } from '../../src-ui/format/date-time.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { Badge } from '../parts/badge.tsx';
import { serverNow } from '../store/clock-store.ts';
import type { Words } from '../strings/en.ts';
import { useWords } from '../strings/use-words.ts';
import { browserName } from './browser-name.ts';

interface SessionListProps {
  sessions: readonly AccountSession[];
  onEnd: (session: AccountSession) => void;
}

/** Each sign-in with how, when and from where it was made. */
export function SessionList({ sessions, onEnd }: SessionListProps) {
  const { w, locale } = useWords();
  const id = useId();
  const time = (at: string) => timeText(at, serverNow(), locale);
  return (
    <section className="panel account-panel" aria-labelledby={id}>
      <h2 id={id}>{w.devices.sessions}</h2>
      <p className="hint">{w.devices.sessionsText}</p>
      <ul className="entries">
        {sessions.map((session) => {
          const name = nameOf(session, w);
          return (
            <li key={session.id} className="entry">
              <div className="entry-words">
                <p className="entry-name">
                  {name}
                  {session.isThis && <Badge tone="on">{w.devices.thisOne}</Badge>}
                </p>
                <p className="hint">
                  {[
                    w.devices.signedIn(time(session.createdAt), w.devices.methods[session.method]),
                    w.devices.lastUsed(time(session.lastUsedAt)),
                    session.ip === null ? '' : w.devices.from(session.ip),
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </p>
              </div>
              <Button accessibleName={w.devices.endLabel(name)} onPress={() => onEnd(session)}>
                {w.devices.end}
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function nameOf(session: AccountSession, w: Words): string {
  if (session.kind === 'client') return w.devices.client(session.deviceName ?? w.common.none);
  const known = browserName(session.userAgent);
  const browser = known ? w.devices.browser(known.browser, known.system) : w.devices.unknownBrowser;
  return `${w.devices.panel}, ${browser}`;
}

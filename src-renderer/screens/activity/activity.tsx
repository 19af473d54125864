import type { ActivityEntry } from '../../../src-shared/app-snapshot.ts';
import { dayText } from '../../../src-ui/format/date-time.ts';
import { useServerClock } from '../../../src-ui/time/use-now.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';
import { ActivityRow } from './activity-row.tsx';

/** What happened to this device's connections, newest first, a heading for each day. */
export function Activity() {
  const { w, locale } = useWords();
  const clock = useServerClock();
  const activity = useSnapshot((s) => s.activity);
  const today = new Date(clock()).toDateString();
  return (
    <div className="page">
      <h1>{w.activity.title}</h1>
      {activity.length === 0 && (
        <div className="empty">
          <p className="empty-title">{w.activity.empty}</p>
          <p className="hint">{w.activity.emptyText}</p>
        </div>
      )}
      {byDay(activity).map(([day, entries]) => (
        <section key={day} aria-labelledby={`day-${entries[0]?.id}`}>
          <h2 className="day" id={`day-${entries[0]?.id}`}>
            {day === today ? w.activity.today : dayText(entries[0]?.at ?? '', locale)}
          </h2>
          <ol className="panel activity">
            {entries.map((entry) => (
              <ActivityRow key={entry.id} entry={entry} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

function byDay(entries: readonly ActivityEntry[]): [day: string, entries: ActivityEntry[]][] {
  return [...Map.groupBy(entries, (entry) => new Date(entry.at).toDateString())];
}

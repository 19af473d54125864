import type { ActivityItem } from '../../src-shared/panel/account.ts';
import { dayText } from '../../src-ui/format/date-time.ts';
import { getActivity } from '../api/account-calls.ts';
import { Page } from '../frame/page.tsx';
import { Empty } from '../parts/empty.tsx';
import { PageFrame } from '../parts/page-frame.tsx';
import { serverNow } from '../store/clock-store.ts';
import { usePages } from '../store/use-pages.ts';
import { useWords } from '../strings/use-words.ts';
import { ActivityRow } from './activity-row.tsx';

/** What was done with the account, newest first, a heading for each day. */
export function ActivityPage() {
  const { w } = useWords();
  const pages = usePages('activity', getActivity);
  return (
    <Page title={w.activity.title} text={w.activity.text}>
      <PageFrame
        pages={pages}
        lines={10}
        empty={<Empty title={w.activity.empty} text={w.activity.emptyText} />}
      >
        {(items) => <Days items={items} />}
      </PageFrame>
    </Page>
  );
}

function Days({ items }: { items: readonly ActivityItem[] }) {
  const { w, locale } = useWords();
  const today = new Date(serverNow()).toDateString();
  const days = [...Map.groupBy(items, (item) => new Date(item.at).toDateString())];
  return days.map(([day, entries]) => {
    const id = `day-${entries[0]?.id}`;
    return (
      <section key={day} aria-labelledby={id}>
        <h2 className="day" id={id}>
          {day === today ? w.activity.today : dayText(entries[0]?.at ?? '', locale)}
        </h2>
        <ol className="panel activity">
          {entries.map((item) => (
            <ActivityRow key={item.id} item={item} />
          ))}
        </ol>
      </section>
    );
  });
}

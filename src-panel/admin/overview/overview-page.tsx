import { useRef } from 'react';
import type { OverviewAnswer } from '../../../src-shared/panel/overview.ts';
import { RadioGroup } from '../../../src-ui/parts/choices.tsx';
import { Link } from '../../frame/link.tsx';
import { Page } from '../../frame/page.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { LoadFrame } from '../../parts/load-frame.tsx';
import { useQuery } from '../../store/location-store.ts';
import { useLoad } from '../../store/use-load.ts';
import { loadOverview, type OverviewRange } from '../api/overview-api.ts';
import { AddressText } from '../parts/address-text.tsx';
import { Moment } from '../parts/moment.tsx';
import { useRefresh } from '../parts/use-refresh.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { Attention } from './attention.tsx';
import { History } from './history.tsx';

const REFRESH_MS = 10_000;
const ranges = ['24h', '7d', '30d'] as const;

/** Who is connected, what happened, what needs attention; brought up to date by itself. */
export function OverviewPage() {
  const { a } = useAdminWords();
  const [query, setQuery] = useQuery();
  const range: OverviewRange = ranges.find((each) => each === query.get('range')) ?? '24h';
  const overview = useLoad(`overview ${range}`, (signal) => loadOverview(range, { signal }));
  // Another range takes the place of the one before when it is there: nothing jumps, and focus stays.
  const last = useRef<OverviewAnswer | null>(null);
  last.current = overview.value ?? last.current;
  useRefresh(() => loadOverview(range, { isBackground: true }), overview.put, REFRESH_MS);
  return (
    <Page title={a.overview.title} text={a.overview.text} isWide>
      <LoadFrame loaded={{ ...overview, value: last.current }} lines={8}>
        {(value) => (
          <div className="overview">
            <Numbers value={value} />
            <Attention items={value.attention} />
            <section className="panel stack" aria-labelledby="history">
              <History
                series={value.series}
                bucketSeconds={value.bucketSeconds}
                ranges={
                  <RadioGroup
                    look="segments"
                    label={a.overview.range}
                    value={range}
                    options={ranges.map((each) => ({ value: each, name: a.overview.ranges[each] }))}
                    onChange={(next) => setQuery({ range: next === '24h' ? null : next })}
                  />
                }
              />
            </section>
            <Connected value={value} />
          </div>
        )}
      </LoadFrame>
    </Page>
  );
}

function Numbers({ value: { now, series, range } }: { value: OverviewAnswer }) {
  const { a, locale } = useAdminWords();
  const number = new Intl.NumberFormat(locale);
  const sum = (key: 'disconnects' | 'stepUps' | 'refusals') =>
    series.reduce((total, point) => total + point[key], 0);
  const numbers = [
    [a.overview.connected, now.connected, a.overview.connectedOf(now.members)],
    [a.overview.gateways, now.gatewaysOnline, a.overview.gatewaysOf(now.gateways, now.gatewaysDegraded)],
    [a.overview.disconnects, sum('disconnects'), a.overview.inRange[range]],
    [a.overview.stepUps, sum('stepUps'), a.overview.inRange[range]],
  ] as const;
  return (
    <dl className="numbers">
      {numbers.map(([name, count, of]) => (
        <div key={name} className="panel">
          <dt>{name}</dt>
          <dd>
            <span className="number numeric">{number.format(count)}</span> <span className="hint">{of}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Connected({ value: { connections, now } }: { value: OverviewAnswer }) {
  const { a } = useAdminWords();
  const columns = [
    {
      key: 'member',
      name: a.overview.member,
      render: (row: (typeof connections)[number]) => (
        <span className="two-lines">
          <Link to={`/members/${row.memberId}`}>{row.memberName}</Link>
          <span className="hint">
            <AddressText text={row.email} />
          </span>
        </span>
      ),
    },
    { key: 'device', name: a.overview.device, render: (row: (typeof connections)[number]) => row.deviceName },
    {
      key: 'gateway',
      name: a.overview.gateway,
      render: (row: (typeof connections)[number]) => (
        <Link to={`/gateways/${row.gatewayId}`}>{row.gatewayName}</Link>
      ),
    },
    {
      key: 'since',
      name: a.overview.since,
      render: (row: (typeof connections)[number]) => <Moment at={row.since} />,
    },
  ];
  const isCut = connections.length === 50 && now.connected > 50;
  return (
    <section className="panel stack" aria-labelledby="connected-now">
      <h2 id="connected-now">{a.overview.now}</h2>
      {connections.length === 0 ? (
        <Empty title={a.overview.nobody} text={a.overview.nobodyText} />
      ) : (
        <DataTable
          caption={a.overview.now}
          columns={columns}
          rows={connections}
          rowKey={(row) => row.leaseId}
        />
      )}
      {isCut && <Link to="/members?status=connected">{a.overview.moreConnected(now.connected - 50)}</Link>}
    </section>
  );
}

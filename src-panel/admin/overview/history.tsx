import { type ReactNode, useState } from 'react';
import type { OverviewAnswer } from '../../../src-shared/panel/overview.ts';
import { RadioGroup } from '../../../src-ui/parts/choices.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { barsPath, CHART_HEIGHT, ticks } from './bars.ts';

type Series = OverviewAnswer['series'];
const kinds = ['disconnects', 'stepUps', 'refusals'] as const;

interface HistoryProps {
  series: Series;
  bucketSeconds: number;
  /** The control that chooses how far back. */
  ranges: ReactNode;
}

/** What happened over time: three small charts with one time below them, or the same numbers as a table. */
export function History({ series, bucketSeconds, ranges }: HistoryProps) {
  const { a } = useAdminWords();
  const [view, setView] = useState<'chart' | 'table'>('chart');
  return (
    <>
      <div className="panel-head chart-head">
        <h2 id="history">{a.overview.chart}</h2>
        <div className="row">
          <RadioGroup
            look="segments"
            label={a.overview.view}
            value={view}
            options={(['chart', 'table'] as const).map((each) => ({
              value: each,
              name: a.overview.views[each],
            }))}
            onChange={setView}
          />
          {ranges}
        </div>
      </div>
      {view === 'chart' ? (
        <Charts series={series} bucketSeconds={bucketSeconds} />
      ) : (
        <NumbersTable series={series} bucketSeconds={bucketSeconds} />
      )}
      <p className="hint">{a.overview.chartText}</p>
    </>
  );
}

function Charts({ series, bucketSeconds }: { series: Series; bucketSeconds: number }) {
  const { a, locale } = useAdminWords();
  const number = new Intl.NumberFormat(locale);
  const [seen, setSeen] = useState<number | null>(null);
  const point = seen === null ? null : series[seen];
  const sums = kinds.map((kind) => series.reduce((sum, each) => sum + each[kind], 0));
  const [disconnects = 0, stepUps = 0, refusals = 0] = sums;
  return (
    <div className="chart" role="img" aria-label={a.overview.chartLabel(disconnects, stepUps, refusals)}>
      {kinds.map((kind, index) => (
        <div key={kind} className="chart-row" data-kind={kind}>
          <p className="chart-name">
            <span>{a.overview[kind]}</span>
            <span className="number-small numeric">{number.format(point?.[kind] ?? sums[index] ?? 0)}</span>
          </p>
          <svg
            viewBox={`0 0 ${Math.max(1, series.length)} ${CHART_HEIGHT}`}
            preserveAspectRatio="none"
            aria-hidden="true"
            onPointerLeave={() => setSeen(null)}
            onPointerMove={(event) => {
              const box = event.currentTarget.getBoundingClientRect();
              const at = Math.floor(((event.clientX - box.left) / box.width) * series.length);
              setSeen(at >= 0 && at < series.length ? at : null);
            }}
          >
            {seen !== null && <rect className="chart-seen" x={seen} width="1" height={CHART_HEIGHT} />}
            <path className="chart-bars" d={barsPath(series.map((each) => each[kind]))} />
          </svg>
        </div>
      ))}
      <div className="chart-ticks hint numeric">
        {point ? (
          <span className="chart-point">{bucketText(point.from, bucketSeconds, locale)}</span>
        ) : (
          ticks(series.length).map((tick) => (
            <span key={tick}>{bucketText(series[tick]?.from ?? '', bucketSeconds, locale)}</span>
          ))
        )}
      </div>
    </div>
  );
}

function NumbersTable({ series, bucketSeconds }: { series: Series; bucketSeconds: number }) {
  const { a, locale } = useAdminWords();
  const number = new Intl.NumberFormat(locale);
  const columns = [
    {
      key: 'from',
      name: a.overview.from,
      render: (row: Series[number]) => (
        <time dateTime={row.from}>{bucketText(row.from, bucketSeconds, locale)}</time>
      ),
    },
    ...kinds.map((kind) => ({
      key: kind,
      name: a.overview[kind],
      isNumeric: true,
      render: (row: Series[number]) => number.format(row[kind]),
    })),
  ];
  return (
    <DataTable
      caption={a.overview.chart}
      columns={columns}
      rows={series.toReversed()}
      rowKey={(row) => row.from}
    />
  );
}

/** A day says its date, anything shorter its time as well. */
function bucketText(from: string, bucketSeconds: number, locale: string): string {
  if (from === '') return '';
  const day = { day: 'numeric', month: 'short' } as const;
  const format = bucketSeconds >= 86_400 ? day : ({ ...day, hour: 'numeric', minute: '2-digit' } as const);
  return new Intl.DateTimeFormat(locale, format).format(new Date(from));
}

import type { AuditRowView } from '../../../src-shared/panel/audit.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { Badge } from '../../parts/badge.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Skeleton } from '../../parts/load-frame.tsx';
import { AddressText } from '../parts/address-text.tsx';
import { Moment, shortTime } from '../parts/moment.tsx';
import type { AdminWords } from '../strings/en.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import type { Audit } from './use-audit.ts';

interface AuditRowsProps {
  audit: Audit;
  onFilter: (change: Record<string, string>) => void;
}

const tones = { ok: 'on', refused: 'gate', failed: 'stopped' } as const;

/** The rows as they are recorded; whoever is named can be filtered by. */
export function AuditRows({ audit, onFilter }: AuditRowsProps) {
  const { a, w } = useAdminWords();
  const { rows, problem, isLoading } = audit;
  const columns: Column<AuditRowView>[] = [
    { key: 'at', name: a.audit.when, render: ({ at }) => <Moment at={at} hasSeconds /> },
    {
      key: 'action',
      name: a.audit.what,
      render: ({ action, outcome, details }) => (
        <span className="marks">
          <code className="mono">{action}</code>
          {outcome !== 'ok' && <Badge tone={tones[outcome]}>{a.audit.outcomes[outcome]}</Badge>}
          <Counted details={details} />
        </span>
      ),
    },
    {
      key: 'actor',
      name: a.audit.actor,
      render: ({ actor, actorName, action, details }) => (
        <Named
          text={isOfRoot(action, details) ? a.audit.actors.root : nameOf(actor, actorName, a.audit)}
          onPress={() => onFilter({ actor })}
        />
      ),
    },
    {
      key: 'subject',
      name: a.audit.subject,
      render: ({ subject, subjectName }) =>
        subject === null ? (
          <span className="hint">{w.common.none}</span>
        ) : (
          <Named text={nameOf(subject, subjectName, a.audit)} onPress={() => onFilter({ subject })} />
        ),
    },
    {
      key: 'ip',
      name: a.audit.ip,
      render: ({ ip }) =>
        ip === null ? <span className="hint">{w.common.none}</span> : <span className="mono">{ip}</span>,
    },
    { key: 'details', name: a.audit.details, render: (row) => <Details row={row} /> },
  ];
  return (
    <div className="audit" aria-busy={isLoading || undefined}>
      {problem && (
        <div className="load-problem">
          <ProblemNote problem={problem} />
          <Button isBusy={isLoading} onPress={() => void audit.reload()}>
            {w.common.retry}
          </Button>
        </div>
      )}
      {rows === null && !problem && <Skeleton lines={12} />}
      {rows?.length === 0 && <Empty title={a.audit.empty} text={a.audit.emptyText} />}
      {rows !== null && rows.length > 0 && (
        <DataTable caption={a.audit.title} columns={columns} rows={rows} rowKey={({ seq }) => String(seq)} />
      )}
    </div>
  );
}

/** A row that stands for many: how often, and from when to when. */
function Counted({ details: { count, first, last } }: Pick<AuditRowView, 'details'>) {
  const { a, locale } = useAdminWords();
  if (typeof count !== 'number' || typeof first !== 'string' || typeof last !== 'string') return null;
  return (
    <>
      <Badge tone="gate">{a.audit.counted(count)}</Badge>
      <span className="hint">{a.audit.countedFrom(shortTime(first, locale), shortTime(last, locale))}</span>
    </>
  );
}

function Named({ text, onPress }: { text: string; onPress: () => void }) {
  const { a } = useAdminWords();
  return (
    <Button look="quiet" accessibleName={a.audit.only(text)} onPress={onPress}>
      <AddressText text={text} />
    </Button>
  );
}

function Details({ row }: { row: AuditRowView }) {
  const { a, w } = useAdminWords();
  const entries = Object.entries(row.details);
  if (entries.length === 0) return <span className="hint">{w.common.none}</span>;
  return (
    <details className="audit-details">
      <summary>
        {summaryOf(entries)}
        <span className="visually-hidden"> · {a.audit.showDetails(row.seq)}</span>
      </summary>
      <dl>
        {entries.map(([key, value]) => (
          <div key={key}>
            <dt className="hint">{key}</dt>
            <dd className="mono">{textOf(value)}</dd>
          </div>
        ))}
        <div>
          <dt className="hint">{a.audit.row}</dt>
          <dd className="mono">{row.seq}</dd>
        </div>
      </dl>
    </details>
  );
}

const SUMMARY_LENGTH = 40;

const ID = /^[0-9a-f-]{36}$/i;

/** The first thing that says more than an id, so that most rows need not be opened. */
function summaryOf(entries: readonly (readonly [string, unknown])[]): string {
  const telling = entries.filter(([, value]) => typeof value !== 'string' || !ID.test(value));
  const said = telling.find(([key]) => ['reason', 'code', 'method', 'email'].includes(key)) ?? telling[0];
  if (!said) return '…';
  const text = `${said[0]}: ${textOf(said[1])}`;
  return text.length > SUMMARY_LENGTH ? `${text.slice(0, SUMMARY_LENGTH)}…` : text;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Who has root on a device is nobody that the server knows, and yet somebody. */
function isOfRoot(action: string, details: AuditRowView['details']): boolean {
  return action === 'guard.released' && details.by === 'root';
}

/** Who or what is meant: the name where there is one, else the kind and the end of its id. */
function nameOf(id: string, name: string | null, words: AdminWords['audit']): string {
  if (name !== null) return name;
  if (id === 'server' || id === 'cli' || id === 'anonymous') return words.actors[id];
  const [kind = id, rest = ''] = id.split(':', 2);
  return rest.length > 12 ? `${kind} …${rest.slice(-6)}` : id;
}

import { useState } from 'react';
import type { AuditRowView } from '../../../src-shared/panel/audit.ts';
import type { Problem } from '../../../src-shared/problem.ts';
import { useLoad } from '../../store/use-load.ts';
import { type AuditFilter, type AuditPage, loadAudit } from '../api/audit-api.ts';
import { useRefresh } from '../parts/use-refresh.ts';

const LIVE_MS = 2000;
/** What a live view keeps on screen; older rows are a page away. */
const MOST_LIVE_ROWS = 500;

export interface Audit {
  /** Newest first; null until the first answer. */
  rows: AuditRowView[] | null;
  problem: Problem | null;
  isLoading: boolean;
  hasMore: boolean;
  isLoadingMore: boolean;
  /** Rows that the live view has put in front. */
  added: number;
  /** What the filter cannot find yet. */
  indexing: AuditPage['indexing'];
  loadMore: () => Promise<void>;
  reload: () => Promise<void>;
}

/** The rows that fit `filter`: pages by key backwards, and with `isLive` what comes, put in front. */
export function useAudit(filter: AuditFilter, isLive: boolean): Audit {
  const first = useLoad(`audit ${JSON.stringify(filter)}`, (signal) => loadAudit(filter, { signal }));
  const [older, setOlder] = useState<{ of: AuditPage | null; rows: AuditRowView[]; next: number | null }>({
    of: null,
    rows: [],
    next: null,
  });
  const [newer, setNewer] = useState<{ of: AuditPage | null; rows: AuditRowView[]; newest: number }>({
    of: null,
    rows: [],
    newest: 0,
  });
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [moreProblem, setMoreProblem] = useState<Problem | null>(null);
  const page = first.value;
  // What was fetched before or after belongs to one answer of the first page.
  const front = newer.of !== null && newer.of === page ? newer : null;
  const back = older.of !== null && older.of === page ? older : null;
  const next = back ? back.next : (page?.nextBefore ?? null);

  useRefresh(
    async () => {
      const answer = await loadAudit(filter, {
        after: front?.newest ?? page?.newest ?? 0,
        isBackground: true,
      });
      return answer.ok ? { ok: true, value: { of: page, answer: answer.value } } : answer;
    },
    ({ of, answer }) =>
      setNewer((before) => ({
        of,
        rows: [...answer.rows, ...(before.of === of ? before.rows : [])].slice(0, MOST_LIVE_ROWS),
        newest: answer.newest,
      })),
    LIVE_MS,
    isLive && page !== null,
  );

  async function loadMore(): Promise<void> {
    if (next === null || page === null) return;
    setLoadingMore(true);
    setMoreProblem(null);
    const answer = await loadAudit(filter, { before: next });
    setLoadingMore(false);
    if (!answer.ok) return setMoreProblem(answer.problem);
    setOlder({
      of: page,
      rows: [...(back?.rows ?? []), ...answer.value.rows],
      next: answer.value.nextBefore,
    });
  }

  return {
    rows: page === null ? null : [...(front?.rows ?? []), ...page.rows, ...(back?.rows ?? [])],
    problem: first.problem ?? moreProblem,
    isLoading: first.isLoading,
    hasMore: next !== null,
    isLoadingMore,
    added: front?.rows.length ?? 0,
    indexing: page?.indexing ?? null,
    loadMore,
    reload: first.reload,
  };
}

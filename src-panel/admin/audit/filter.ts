import type { AuditFilter } from '../api/audit-api.ts';

const outcomes = ['ok', 'refused', 'failed'];
const texts = ['search', 'action', 'actor', 'subject'] as const;

/**
 * The filter that the address of the page names. Times are instants there (ISO 8601, UTC), so that a link means the
 * same to whoever opens it; what is not understood is left out, and said.
 */
export function filterOf(query: URLSearchParams): { filter: AuditFilter; hasBadTime: boolean } {
  const filter: AuditFilter = {};
  for (const key of texts) {
    const text = query.get(key)?.slice(0, 100);
    if (text) filter[key] = text;
  }
  const outcome = query.get('outcome');
  if (outcome !== null && outcomes.includes(outcome)) filter.outcome = outcome;
  let hasBadTime = false;
  for (const key of ['from', 'to'] as const) {
    const text = query.get(key);
    if (!text) continue;
    const at = Date.parse(text);
    if (Number.isNaN(at)) hasBadTime = true;
    else filter[key] = new Date(at).toISOString();
  }
  return { filter, hasBadTime };
}

/** An instant as a `datetime-local` field shows it: the clock on this computer's wall, to the minute. */
export function toLocal(iso: string | undefined): string {
  if (iso === undefined) return '';
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What a `datetime-local` field says, as an instant; null when it is empty or half typed. */
export function fromLocal(local: string): string | null {
  const at = local === '' ? Number.NaN : new Date(local).getTime();
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

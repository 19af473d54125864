import type * as z from 'zod';
import {
  type AuditVerification,
  auditActionsAnswer,
  auditAnswer,
  auditVerification,
} from '../../../src-shared/panel/audit.ts';
import { ok, type Result } from '../../../src-shared/problem.ts';
import { addressOf, call } from '../../api/call.ts';

export type AuditPage = z.infer<typeof auditAnswer>;

/** Filters by their names in the request; the same in the address of the page. Empty ones are left out. */
export type AuditFilter = Partial<
  Record<'search' | 'action' | 'actor' | 'subject' | 'outcome' | 'from' | 'to', string>
>;

export function loadAudit(
  filter: AuditFilter,
  at: { before?: number; after?: number; isBackground?: boolean; signal?: AbortSignal },
): Promise<Result<AuditPage>> {
  const { before, after, isBackground = false, signal } = at;
  return call({
    method: 'GET',
    path: 'audit',
    query: { ...filter, before, after, limit: after === undefined ? 50 : 100 },
    answer: auditAnswer,
    isBackground,
    ...(signal ? { signal } : {}),
  });
}

export async function loadAuditActions(signal?: AbortSignal): Promise<Result<string[]>> {
  const answer = await call({
    method: 'GET',
    path: 'audit/actions',
    answer: auditActionsAnswer,
    ...(signal ? { signal } : {}),
  });
  return answer.ok ? ok(answer.value.actions) : answer;
}

/** Where the browser downloads what fits the filter. */
export function exportAddress(filter: AuditFilter, format: 'csv' | 'jsonl'): string {
  return addressOf('audit/export', { ...filter, format });
}

export function loadVerification(isBackground: boolean): Promise<Result<AuditVerification>> {
  return call({ method: 'GET', path: 'audit/verification', answer: auditVerification, isBackground });
}

export function beginVerification(): Promise<Result<AuditVerification>> {
  return call({ method: 'POST', path: 'audit/verification', body: {}, answer: auditVerification });
}

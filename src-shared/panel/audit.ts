import * as z from 'zod';
import { isoTime } from '../primitives.ts';
import { typedTime } from '../typed-time.ts';
import { searchText } from './paging.ts';

/**
 * The audit log, `/panel/v1`, administrators and owners:
 *
 * | call | request | answers |
 * |---|---|---|
 * | GET audit | `auditQuery` | 200 `auditAnswer` |
 * | GET audit/actions | – | 200 `auditActionsAnswer` (for the filter) |
 * | GET audit/export | `auditExportQuery` | 200 a file, streamed: `text/csv` or `application/jsonl`, oldest first |
 * | POST audit/verification | – | 202 `auditVerification` (begins a walk; the running one when there is one) |
 * | GET audit/verification | – | 200 `auditVerification` |
 */

export const auditOutcome = z.enum(['ok', 'refused', 'failed']);

export const auditRow = z.object({
  seq: z.number().int(),
  at: isoTime,
  /** `member:<id>`, `api-token:<id>`, `gateway:<id>`, `cli`, `server` or `anonymous`. */
  actor: z.string(),
  /** The actor's name as it is now; null when there is none to show. */
  actorName: z.string().nullable(),
  /** `noun.verb`. */
  action: z.string(),
  /** `member:<id>`, `device:<id>`, `lease:<id>`, `gateway:<id>`, … */
  subject: z.string().nullable(),
  subjectName: z.string().nullable(),
  outcome: auditOutcome,
  ip: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditRowView = z.infer<typeof auditRow>;

const seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const filters = {
  /** Each word is the beginning of one in names, addresses, ids, IPs, actions or details. */
  search: searchText.optional(),
  action: z.string().max(100).optional(),
  /** Exactly, as in the rows. */
  actor: z.string().max(100).optional(),
  subject: z.string().max(100).optional(),
  outcome: auditOutcome.optional(),
  from: typedTime.optional(),
  /** Exclusive. */
  to: typedTime.optional(),
};

/** `before`: the page that is older. `after`: what has come since, for the live view. Not both. */
export const auditQuery = z
  .strictObject({
    ...filters,
    before: seq.optional(),
    after: seq.optional(),
    limit: z.coerce.number().int().min(1).max(100).default(50),
  })
  .refine((query) => query.before === undefined || query.after === undefined, {
    path: ['after'],
    error: 'expected before or after, not both',
  });

/** Newest first, also with `after` (then the `limit` rows that come right after it). */
export const auditAnswer = z.object({
  rows: z.array(auditRow),
  /** `before` of the next page; null on the last one, and with `after`. */
  nextBefore: z.number().int().nullable(),
  /** `after` of the next look of the live view. */
  newest: z.number().int(),
  /** With a filter, while not every row can be found by it: how many cannot, and since when all can. Null: every row. */
  indexing: z.object({ rowsLeft: z.number().int(), completeSince: isoTime.nullable() }).nullable(),
});

export const auditActionsAnswer = z.object({ actions: z.array(z.string()) });

export const auditExportQuery = z.strictObject({ ...filters, format: z.enum(['csv', 'jsonl']) });

/** The walk over the chain of hashes. `rows` have been checked, of `rowsTotal` when it began. */
export const auditVerification = z.object({
  state: z.enum(['never', 'running', 'holds', 'broken', 'failed']),
  rows: z.number().int(),
  rowsTotal: z.number().int(),
  startedAt: isoTime.nullable(),
  finishedAt: isoTime.nullable(),
  /** `seq` of the first row that does not follow from the one before it. */
  brokenAt: z.number().int().nullable(),
  /** The rows that were archived up to `throughSeq`, the last time at `at`; the chain goes on from their signed anchor. */
  archived: z.object({ rows: z.number().int(), throughSeq: z.number().int(), at: isoTime }).nullable(),
});
export type AuditVerification = z.infer<typeof auditVerification>;

import type { Command } from 'commander';
import * as z from 'zod';
import { AuditIndex } from '../../audit/audit-index.ts';
import { namesOf } from '../../audit/audit-names.ts';
import { isIndexed, readAuditPage, type StoredAudit } from '../../audit/audit-pages.ts';
import { valueOr } from '../refusal.ts';
import {
  type CommonOptions,
  print,
  shortTime,
  wholeNumber,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { type AuditFilterOptions, auditFilterOf, withAuditFilters } from './audit-filter.ts';

interface ListOptions extends CommonOptions, AuditFilterOptions {
  before?: number;
  after?: number;
  limit: number;
}

const details = z.record(z.string(), z.unknown());
const counted = z.object({ count: z.number(), first: z.iso.datetime(), last: z.iso.datetime() });

/** `audit list`: the newest first. */
export function addAuditListCommand(audit: Command): void {
  withAuditFilters(withCommonOptions(audit.command('list')))
    .description('the newest rows, or those before or after a row')
    .option('--before <row>', 'rows older than this one', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--after <row>', 'rows that came after this one', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--limit <rows>', 'at most so many', wholeNumber(1, 1000), 50)
    .action(list);
}

async function list(options: ListOptions): Promise<void> {
  const { before, after, limit } = options;
  await withServerFiles(options, async ({ database: { db } }) => {
    const filter = valueOr(options, await auditFilterOf(db, options));
    if (!filter) return;
    if (isIndexed(filter)) await new AuditIndex(db).catchUp();
    const order = after !== undefined && before === undefined ? 'asc' : 'desc';
    const rows = await readAuditPage(db, filter, { before, after, order, limit });
    if (order === 'asc') rows.reverse();
    const names = await namesOf(db, rows);
    const nameOf = (id: string | null): string => (id === null ? '' : (names.get(id) ?? id));
    print(
      options,
      rows.map(({ details_json, at, ...row }) => ({
        ...row,
        at: new Date(at).toISOString(),
        details: details.parse(JSON.parse(details_json)),
      })),
      rows.map((row) =>
        [
          ...[String(row.seq), shortTime(row.at), row.action, row.outcome],
          ...[nameOf(row.actor), nameOf(row.subject), row.ip ?? '', detailsText(row)],
        ]
          .filter((part) => part !== '')
          .join('  '),
      ),
    );
  });
}

/** What was counted as a sentence of its own; the rest as it is recorded. */
function detailsText({ details_json }: StoredAudit): string {
  const { count, first, last, ...rest } = details.parse(JSON.parse(details_json));
  const { data } = counted.safeParse({ count, first, last });
  const [from, to] = data ? [shortTime(Date.parse(data.first)), shortTime(Date.parse(data.last))] : [];
  const times = data ? [`${data.count} times from ${from} to ${to}`] : [];
  const others = data ? rest : { ...rest, count, first, last };
  const text = JSON.stringify(others);
  return [...times, ...(text === '{}' ? [] : [text])].join('  ');
}

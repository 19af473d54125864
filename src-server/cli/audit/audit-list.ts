import { once } from 'node:events';
import { type Command, Option } from 'commander';
import * as z from 'zod';
import { AuditIndex } from '../../audit/audit-index.ts';
import { newestSeq } from '../../audit/audit-log.ts';
import { namesOf } from '../../audit/audit-names.ts';
import { type AuditFilter, isIndexed, readAuditPage, type StoredAudit } from '../../audit/audit-pages.ts';
import type { ServerContext } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import { withExamples } from '../command-groups.ts';
import { valueOr } from '../refusal.ts';
import {
  type CommonOptions,
  EXIT_FAILED,
  print,
  refuse,
  shortTime,
  wholeNumber,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { type AuditFilterOptions, auditFilterOf, withAuditFilters } from './audit-filter.ts';
import { followAudit, inodeOf } from './audit-follow.ts';

interface ListOptions extends CommonOptions, AuditFilterOptions {
  before?: number;
  after?: number;
  limit: number;
  follow?: boolean;
}

const details = z.record(z.string(), z.unknown());
const counted = z.object({ count: z.number(), first: z.iso.datetime(), last: z.iso.datetime() });

/** `audit list`: the newest first; with `--follow` the oldest, and what comes below them. */
export function addAuditListCommand(audit: Command): void {
  const command = withAuditFilters(withCommonOptions(audit.command('list')))
    .description('the newest rows, or those before or after a row')
    .option('--before <row>', 'rows older than this one', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--after <row>', 'rows that came after this one', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--limit <rows>', 'at most so many', wholeNumber(1, 1000), 50)
    .addOption(
      new Option(
        '--follow',
        'the newest last, then each as it is written, until Ctrl-C; with --json a line each; --after has no limit',
      ).conflicts(['before', 'to']),
    )
    .action(list);
  withExamples(
    command,
    'audit list --member anna@example.com --from 2026-11-01 --outcome refused',
    'audit list --follow --outcome refused',
    'audit list --follow --json --after 4711',
  );
}

async function list(options: ListOptions): Promise<void> {
  const { before, after, limit } = options;
  await withServerFiles(options, async (ctx) => {
    const { db } = ctx.database;
    const filter = valueOr(options, await auditFilterOf(db, options));
    if (!filter) return;
    if (options.follow) return follow(ctx, filter, options);
    if (isIndexed(filter)) await new AuditIndex(db).catchUp();
    const order = after !== undefined && before === undefined ? 'asc' : 'desc';
    const rows = await readAuditPage(db, filter, { before, after, order, limit });
    if (order === 'asc') rows.reverse();
    print(options, rows.map(asJson), await asLines(db, rows));
  });
}

async function follow(ctx: ServerContext, filter: AuditFilter, options: ListOptions): Promise<void> {
  const { db } = ctx.database;
  const opened = inodeOf(ctx.config.databaseFile);
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  // Whoever reads along has gone: `| head`.
  process.stdout.on('error', () => stopping.abort());
  const tell = async (rows: readonly StoredAudit[]): Promise<void> => {
    const lines = options.json ? rows.map((row) => JSON.stringify(asJson(row))) : await asLines(db, rows);
    for (const line of lines)
      if (!process.stdout.write(`${line}\n`) && !stopping.signal.aborted)
        await once(process.stdout, 'drain', { signal: stopping.signal }).catch(() => undefined);
  };
  let from = options.after;
  if (from === undefined) {
    from = await newestSeq(db);
    if (isIndexed(filter)) await new AuditIndex(db).catchUp();
    const page = { before: from + 1, order: 'desc', limit: options.limit } as const;
    await tell((await readAuditPage(db, filter, page)).reverse());
  }
  const ended = await followAudit(ctx, { filter, opened, after: from, tell, signal: stopping.signal });
  if (ended === 'replaced')
    // Behind lines of JSON no other document may come.
    refuse({}, [`${ctx.config.databaseFile} is another one now (a restore?). Run this again.`], EXIT_FAILED);
}

function asJson({ details_json, at, ...row }: StoredAudit) {
  return { ...row, at: new Date(at).toISOString(), details: details.parse(JSON.parse(details_json)) };
}

async function asLines(db: Db, rows: readonly StoredAudit[]): Promise<string[]> {
  const names = await namesOf(db, rows);
  const nameOf = (id: string | null): string => (id === null ? '' : (names.get(id) ?? id));
  return rows.map((row) =>
    [
      ...[String(row.seq), shortTime(row.at), row.action, row.outcome],
      ...[nameOf(row.actor), nameOf(row.subject), row.ip ?? '', detailsText(row)],
    ]
      .filter((part) => part !== '')
      .join('  '),
  );
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

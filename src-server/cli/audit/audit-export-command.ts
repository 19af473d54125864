import { once } from 'node:events';
import { type Command, Option } from 'commander';
import { exportAudit } from '../../api/panel/admin/audit-export.ts';
import { AuditIndex } from '../../audit/audit-index.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { isIndexed } from '../../audit/audit-pages.ts';
import { groupNamed, withExamples } from '../command-groups.ts';
import { valueOr } from '../refusal.ts';
import { CLI_ACTOR, type CommonOptions, withCommonOptions, withServerFiles } from '../run-command.ts';
import { type AuditFilterOptions, auditFilterOf, withAuditFilters } from './audit-filter.ts';

type ExportOptions = CommonOptions & AuditFilterOptions & { format: 'jsonl' | 'csv' };

/** `audit export`: the file of the Control Panel, on standard output. */
export function addAuditExportCommand(program: Command): void {
  const audit = groupNamed(program, 'audit', 'the record of what happened');
  const command = withAuditFilters(withCommonOptions(audit.command('export')))
    .description('everything that fits to standard output, the oldest first, with the hashes of the chain')
    .addOption(new Option('--format <format>').choices(['jsonl', 'csv']).default('jsonl'))
    .action(exportRows);
  withExamples(
    command,
    'audit export --format csv --from 2026-11-01 --to 2026-12-01 > november.csv',
    'audit export --member anna@example.com > anna.jsonl',
  );
}

async function exportRows(options: ExportOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const { db } = ctx.database;
    const filter = valueOr(options, await auditFilterOf(db, options));
    if (!filter) return;
    const { format } = options;
    const entry = { at: ctx.now(), actor: CLI_ACTOR, action: 'audit.export', outcome: 'ok' } as const;
    await db.transaction().execute((tx) => appendAudit(tx, { ...entry, details: { format, ...filter } }));
    if (isIndexed(filter)) await new AuditIndex(db).catchUp();
    for await (const piece of exportAudit(db, filter, format))
      if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  });
}

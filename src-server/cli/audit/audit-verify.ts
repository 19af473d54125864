import { resolve } from 'node:path';
import type { Command } from 'commander';
import { fileTrouble } from '../../../src-node/file-owner.ts';
import { type ArchiveCheck, checkArchive } from '../../audit/archive-file.ts';
import { type AnchorsState, isSame, verifyAnchors } from '../../audit/audit-anchor.ts';
import { verifyAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import { examples } from '../command-groups.ts';
import { refuseWords } from '../refusal.ts';
import {
  type CommonOptions,
  EXIT_FAILED,
  print,
  shortTime,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';

/** `audit verify [--archive FILE]`. */
export function addAuditVerifyCommand(audit: Command): void {
  withCommonOptions(audit.command('verify'))
    .description('walk the whole chain; exit code 1 when a row was changed or is missing')
    .option('--archive <file>', 'check a file of "audit archive" against its anchor instead')
    .addHelpText(
      'after',
      examples('audit verify', 'audit verify --archive /var/backups/postern/audit-2025.jsonl'),
    )
    .action(verify);
}

async function verify(options: CommonOptions & { archive?: string }): Promise<void> {
  const { archive } = options;
  await withServerFiles(options, (ctx) =>
    archive === undefined ? verifyLog(ctx, options) : verifyArchive(ctx, options, resolve(archive)),
  );
}

async function verifyLog(ctx: ServerContext, options: CommonOptions): Promise<void> {
  const anchors = await verifyAnchors(ctx.database.db, ctx.keys);
  const { rows, brokenAt } = await verifyAudit(ctx.database.db);
  const archived = anchors.ok ? anchors.archived : null;
  const value = {
    ...{ rows, brokenAt },
    ...(archived ? { archived: { ...archived, at: new Date(archived.at).toISOString() } } : {}),
    ...(anchors.ok ? {} : { anchorFault: { seq: anchors.seq, why: anchors.why } }),
  };
  print(options, value, [
    ...anchorLines(anchors),
    brokenAt === null
      ? `${rows} rows, the chain holds.`
      : `The chain is broken at row ${brokenAt}; ${rows} rows before it hold.`,
  ]);
  if (brokenAt !== null || !anchors.ok) process.exitCode = EXIT_FAILED;
}

function anchorLines(anchors: AnchorsState): string[] {
  if (!anchors.ok)
    return [
      anchors.why === 'signature'
        ? `The anchor behind row ${anchors.seq} is not signed by this server's key: what was archived there cannot be told from what was removed.`
        : `The anchor behind row ${anchors.seq} does not follow from the one before it.`,
    ];
  if (!anchors.archived) return [];
  const { rows, throughSeq, at } = anchors.archived;
  return [
    `${rows} rows up to row ${throughSeq} are archived (last ${shortTime(at)}); the signed anchor holds, and the chain goes on from it.`,
  ];
}

async function verifyArchive(ctx: ServerContext, options: CommonOptions, file: string): Promise<void> {
  const trouble = fileTrouble(file);
  if (trouble) {
    refuseWords(options, trouble.kind === 'denied' ? trouble.text : `--archive: ${file} is not there.`);
    return;
  }
  const checked = await checkArchive(file, { db: ctx.database.db, keys: ctx.keys });
  if (!checked.ok) {
    print(options, { file, line: checked.line, fault: checked.why }, [faultWords(checked, file)]);
    process.exitCode = EXIT_FAILED;
    return;
  }
  const { fromSeq, seq, rows } = checked.claims;
  const anchor = await ctx.database.db
    .selectFrom('audit_anchor')
    .selectAll()
    .where('seq', '=', seq)
    .executeTakeFirst();
  const isAnchored = anchor !== undefined && isSame(checked.claims, anchor);
  print(options, { file, rows, fromSeq, throughSeq: seq, isAnchored }, [
    `${rows} rows (${fromSeq} to ${seq}), whole, and signed by this server.`,
    isAnchored
      ? 'The database has the same anchor.'
      : 'The database has no such anchor: the archive was interrupted, or the database is an older copy. Its rows are still there; archive them anew.',
  ]);
  if (!isAnchored) process.exitCode = EXIT_FAILED;
}

function faultWords({ line, why }: Extract<ArchiveCheck, { ok: false }>, file: string): string {
  switch (why) {
    case 'row':
      return `${file}: line ${line} is not a row that follows from the one before it, or was changed.`;
    case 'end':
      return `${file}: the signed last line is missing: the file is cut off, or no archive.`;
    case 'signature':
      return `${file}: the last line is not signed by this server's key.`;
    case 'bounds':
      return `${file}: the signed last line is of other rows: some are missing at the beginning or the end.`;
  }
}

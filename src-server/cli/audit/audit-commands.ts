import { resolve } from 'node:path';
import type { Command } from 'commander';
import { archiveAudit, removeArchived } from '../../audit/audit-archive.ts';
import type { ServerContext } from '../../context.ts';
import { lockDatabase } from '../../db/database-lock.ts';
import { pastTime } from '../past-time.ts';
import { refuseWords } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  outFolderMistake,
  print,
  shortTime,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { addAuditListCommand } from './audit-list.ts';
import { addAuditVerifyCommand } from './audit-verify.ts';

/** `audit list|verify|archive`. */
export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the record of what happened');
  addAuditListCommand(audit);
  addAuditVerifyCommand(audit);
  withCommonOptions(audit.command('archive'))
    .description('write old rows to a file and take them out of the database, also beside a running server')
    .requiredOption(
      '--before <date>',
      'rows before this day or time (2026-01-31, 2026-01-31T12:00Z; UTC)',
      pastTime,
    )
    .requiredOption('--out <file>', 'JSON lines, with a signed last line; must not be there yet')
    .addHelpText(
      'after',
      `
The chain goes on from a signed anchor: "audit verify" walks across it, "audit verify --archive FILE" checks the
file against it. Keep the file: it is the only copy of these rows.

Example: postern-server audit archive --before 2026-01-01 --out /var/backups/postern/audit-2025.jsonl`,
    )
    .action(archive);
}

async function archive(options: CommonOptions & { before: number; out: string }): Promise<void> {
  const file = resolve(options.out);
  const { before } = options;
  const mistake = outFolderMistake(file);
  if (mistake !== null) {
    refuseWords(options, mistake);
    return;
  }
  await withServerFiles(options, async (ctx) => {
    const done = await archiveAudit(ctx, { before, file, actor: CLI_ACTOR });
    if (done.ok) {
      const { rows, fromSeq, seq } = done.claims;
      const isRemoved = await removeUnlessServed(ctx);
      print(options, { file, rows, fromSeq, throughSeq: seq, isRemoved }, [
        `Archived ${rows} rows (${fromSeq} to ${seq}) in ${file}. Keep it: it is the only copy.`,
        ...(isRemoved ? [] : ['The running server takes them out of the database within the next minutes.']),
        `  postern-server audit verify --archive ${file}   checks it`,
      ]);
      return;
    }
    if (done.why === 'nothing') {
      print(options, { file: null, rows: 0 }, [`There is no row before ${shortTime(before)}.`]);
      return;
    }
    refuseWords(options, wordsOf(done, file));
  });
}

/** A server does it itself: each write of another process is one more thing that it has to look at. */
async function removeUnlessServed({ config, database }: ServerContext): Promise<boolean> {
  const lock = lockDatabase(config.databaseFile);
  if (!lock) return false;
  lock.release();
  await removeArchived(database.db);
  return true;
}

function wordsOf(
  failed: { why: 'file-exists' | 'other-archive' } | { why: 'broken'; brokenAt: number },
  file: string,
): string {
  switch (failed.why) {
    case 'file-exists':
      return `${file} is there already, and is not written over. Name another file.`;
    case 'other-archive':
      return 'Another archive was made meanwhile. Nothing was removed; run it again.';
    case 'broken':
      return `The chain is broken at row ${failed.brokenAt}: nothing was archived or removed. "postern-server audit verify" says more.`;
  }
}

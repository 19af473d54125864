import type { Command } from 'commander';
import { verifyAudit } from '../audit/audit-log.ts';
import { type CommonOptions, EXIT_FAILED, print, withCommonOptions, withServerFiles } from './run-command.ts';

/** `audit verify`. */
export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the record of what happened');
  withCommonOptions(audit.command('verify'))
    .description('walk the whole chain; exit code 1 when a row was changed or is missing')
    .action(verify);
}

async function verify(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const { rows, brokenAt } = await verifyAudit(ctx.database.db);
    print(options, { rows, brokenAt }, [
      brokenAt === null
        ? `${rows} rows, the chain holds.`
        : `The chain is broken at row ${brokenAt}; ${rows} rows before it hold.`,
    ]);
    if (brokenAt !== null) process.exitCode = EXIT_FAILED;
  });
}

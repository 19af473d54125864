import type { Command } from 'commander';
import { confirmApiToken } from '../../api/integration/confirm-token.ts';
import { oneNamed } from '../named.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  EXIT_FAILED,
  print,
  refuse,
  valueOrRefuse,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';

/** `token confirm`. */
export function addTokenConfirm(token: Command): void {
  withCommonOptions(token.command('confirm'))
    .argument('<token>', 'its id or name')
    .description('after a restore: let a suspended token work again')
    .action(confirm);
}

async function confirm(which: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const { db } = ctx.database;
    const waiting = await db
      .selectFrom('api_token')
      .select(['id', 'name'])
      .where('suspended_at', 'is not', null)
      .where('revoked_at', 'is', null)
      .execute();
    const kind = { noun: 'suspended token', notFound: 'not-found' } as const;
    const token = valueOrRefuse(oneNamed(kind, which, waiting));
    if (!token) return;
    const { id, name } = token;
    const isDone = await db
      .transaction()
      .execute((tx) => confirmApiToken(tx, { id, actor: CLI_ACTOR, now: ctx.now() }));
    if (isDone) print(options, { id, name }, [`${name} works again.`]);
    else refuse([`${name} does not wait to be confirmed any more.`], EXIT_FAILED);
  });
}

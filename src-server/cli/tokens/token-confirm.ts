import type { Command } from 'commander';
import { problem } from '../../../src-shared/problem.ts';
import { confirmApiToken } from '../../api/integration/confirm-token.ts';
import { examples } from '../command-groups.ts';
import { type Kind, oneNamed } from '../named.ts';
import { refuseProblem, valueOr } from '../refusal.ts';
import { CLI_ACTOR, type CommonOptions, print, withCommonOptions, withServerFiles } from '../run-command.ts';

const WAITING: Kind = {
  noun: 'token',
  which: 'that waits to be confirmed',
  notFound: 'not-found',
  list: 'token list',
};

/** `token confirm`. */
export function addTokenConfirm(token: Command): void {
  withCommonOptions(token.command('confirm'))
    .argument('<token>', 'its id or name')
    .description('after a restore: let a suspended token work again')
    .addHelpText('after', examples('token confirm SOC'))
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
    const token = valueOr(options, oneNamed(WAITING, which, waiting));
    if (!token) return;
    const { id, name } = token;
    const isDone = await db
      .transaction()
      .execute((tx) => confirmApiToken(tx, { id, actor: CLI_ACTOR, now: ctx.now() }));
    if (isDone) print(options, { id, name }, [`${name} works again.`]);
    else refuseProblem(options, problem('not-found', `${name} does not wait to be confirmed any more.`));
  });
}

import type { Command } from 'commander';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { removeGateway } from '../../access/enforcement/gateway-removal.ts';
import type { RecordedEnd } from '../../access/enforcement/record-end.ts';
import { renewGatewayToken, tokenLine } from '../../access/gateway/gateway-token.ts';
import { tellOwnersOf } from '../../people/members/owner-notices.ts';
import { type AdminDesk, endWords, personAtServer, withAdminDesk } from '../admin-desk.ts';
import { groupNamed, withExamples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { valueOr } from '../refusal.ts';
import { CLI_ACTOR, print, shortTime, withCommonOptions } from '../run-command.ts';
import { gatewayNamed } from './gateway-named.ts';

type TokenOptions = ConfirmOptions & { endOldNow?: boolean };

/** `gateway token|remove`. */
export function addGatewayEndCommands(program: Command): void {
  const gateway = groupNamed(program, 'gateway', 'where tunnels end');
  const token = withConfirmation(withCommonOptions(gateway.command('token')))
    .argument('<gateway>', 'its id or name')
    .description('make a new token and print it, once; the old one goes on until the agent has come with it')
    .option(
      '--end-old-now',
      'for a token that somebody else may have: the gateway is offline until it has the new one',
    )
    .action((which: string, options: TokenOptions) =>
      withAdminDesk(options, (desk) => renew(desk, which, options)),
    );
  withExamples(token, 'gateway token office', 'gateway token office --end-old-now --yes');
  const removal = withConfirmation(withCommonOptions(gateway.command('remove')))
    .argument('<gateway>', 'its id or name')
    .description('remove a gateway; its connections end')
    .action((which: string, options: ConfirmOptions) =>
      withAdminDesk(options, (desk) => remove(desk, which, options)),
    );
  withExamples(removal, 'gateway remove office', 'gateway remove office --yes --json');
}

async function renew({ ctx }: AdminDesk, which: string, options: TokenOptions): Promise<void> {
  const { db } = ctx.database;
  const gateway = valueOr(options, await gatewayNamed(db, which));
  if (!gateway) return;
  const { id, name } = gateway;
  const endsOldNow = options.endOldNow ?? false;
  const question = `End the token of ${name} now? It is offline until its agent has the new one.`;
  if (endsOldNow && !(await isConfirmed(options, question))) return;
  const renewal = { id, endsOldNow, actor: CLI_ACTOR, now: ctx.now() };
  const renewed = await db.transaction().execute(async (tx) => {
    const result = await renewGatewayToken(tx, renewal);
    const change = { what: 'gateway-token' as const, gateway: name, isNew: false };
    if (result.ok) await tellOwnersOf(tx, ctx, personAtServer(), change);
    return result;
  });
  const made = valueOr(options, renewed);
  if (!made) return;
  const { token, oldEndsAt } = made;
  print(
    options,
    { id, name, token, oldEndsAt: oldEndsAt === null ? null : new Date(oldEndsAt).toISOString() },
    [
      `New token for ${name}; on the gateway, as root:`,
      `  ${tokenLine(token)}   (shown only now)`,
      oldEndsAt === null
        ? 'The old one has ended: the gateway is offline until then.'
        : `The old one goes on until the agent has come with this one, at the latest until ${shortTime(oldEndsAt)}.`,
    ],
  );
}

async function remove(desk: AdminDesk, which: string, options: ConfirmOptions): Promise<void> {
  const { ctx, enforcement } = desk;
  const { db } = ctx.database;
  const gateway = valueOr(options, await gatewayNamed(db, which));
  if (!gateway) return;
  const { id, name } = gateway;
  const { count } = await db
    .selectFrom('lease')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('gateway_id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  const ends =
    count === 0
      ? 'Nothing is connected to it.'
      : count === 1
        ? 'One connection ends.'
        : `${count} connections end.`;
  if (!(await isConfirmed(options, `Remove the gateway ${name} for good? ${ends}`))) return;
  const removed = await db.transaction().execute(async (tx): Promise<Result<RecordedEnd>> => {
    const recorded = await removeGateway(tx, { id, actor: CLI_ACTOR, now: ctx.now() });
    return recorded ? ok(recorded) : fail('gateway-not-found', `${name} is gone already.`);
  });
  const recorded = valueOr(options, removed);
  if (!recorded) return;
  const enforced = await enforcement.carryOut(recorded);
  const endedConnections = recorded.ended.length;
  print(options, { id, name, endedConnections, enforced }, [
    `Removed ${name}. ${endWords(endedConnections, enforced, desk)}`,
  ]);
}

import { type Command, Option } from 'commander';
import * as z from 'zod';
import { apiScope } from '../../../src-shared/integration-api.ts';
import { textList } from '../../../src-shared/primitives.ts';
import { problem, type Result } from '../../../src-shared/problem.ts';
import { readAddressOrNetwork } from '../../../src-shared/typed-network.ts';
import { createApiToken, revokeApiToken } from '../../api/integration/api-token-store.ts';
import { namesOf } from '../../audit/audit-names.ts';
import type { Db } from '../../db/database.ts';
import type { ApiTokenRow } from '../../db/schema.ts';
import { keepToken } from '../../people/members/maker-tokens.ts';
import { tellOwnersOf } from '../../people/members/owner-notices.ts';
import { personAtServer } from '../admin-desk.ts';
import { examples, withExamples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { oneNamed } from '../named.ts';
import { refuseProblem, refuseWords, valueOr } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  listOf,
  print,
  properName,
  shortTime,
  wholeNumber,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { addTokenConfirm } from './token-confirm.ts';

type CreateOptions = CommonOptions & {
  name: string;
  scopes: string[];
  expiresDays: number;
  allowIp: string[];
};

const scopeList = listOf(
  `a scope (${apiScope.options.join(', ')})`,
  (item) => apiScope.safeParse(item).data ?? null,
);
const networkList = listOf('an address or network', readAddressOrNetwork);

/** `token create|list|confirm|keep|revoke`: for the integration API. */
export function addTokenCommands(program: Command): void {
  const token = program.command('token').description('who may call the integration API');
  withCommonOptions(token.command('create'))
    .description('make a token and print it, once')
    .requiredOption('--name <name>', 'what it is for', properName)
    .requiredOption('--scopes <scopes>', apiScope.options.join(','), scopeList)
    .addOption(
      new Option('--expires-days <days>', 'how long it works').argParser(wholeNumber(1, 3650)).default(90),
    )
    .option(
      '--allow-ip <networks>',
      'only from these addresses or networks, separated by commas',
      networkList,
      [],
    )
    .addHelpText(
      'after',
      examples('token create --name SOC --scopes members:read,members:disconnect --allow-ip 192.0.2.0/24'),
    )
    .action(create);
  withCommonOptions(token.command('list'))
    .description('all tokens, never their values')
    .addHelpText('after', examples('token list'))
    .action(list);
  addTokenConfirm(token);
  withCommonOptions(token.command('keep'))
    .argument('<token>', 'its name or id')
    .description('let a token work on when whoever made it is removed, blocked or demoted')
    .option('--off', 'let it end with them again')
    .addHelpText('after', examples('token keep SOC', 'token keep SOC --off'))
    .action(keep);
  const ending = withConfirmation(withCommonOptions(token.command('revoke')))
    .argument('<token>', 'its name or id')
    .description('end a token now')
    .action(revoke);
  withExamples(ending, 'token revoke SOC', 'token revoke SOC --yes');
}

async function create(options: CreateOptions): Promise<void> {
  const scopes = z.array(apiScope).parse(options.scopes);
  if (scopes.length === 0) {
    refuseWords(options, 'Expected at least one scope in --scopes.');
    return;
  }
  const allowedIps = options.allowIp;
  await withServerFiles(options, async (ctx) => {
    const { name, expiresDays } = options;
    const now = ctx.now();
    const made = await ctx.database.db.transaction().execute(async (tx) => {
      const token = await createApiToken(tx, {
        name,
        scopes,
        allowedIps,
        expiresDays,
        actor: CLI_ACTOR,
        now,
      });
      const until = new Date(token.expiresAt).toISOString();
      const change = { what: 'api-token' as const, name, scopes, expiresAt: until };
      await tellOwnersOf(tx, ctx, personAtServer(), change);
      return token;
    });
    const expiresAt = new Date(made.expiresAt).toISOString();
    print(options, { id: made.id, name, scopes, allowedIps, token: made.token, expiresAt }, [
      `Made token ${name} (${made.id}), good until ${shortTime(made.expiresAt)}`,
      `  ${made.token}   (shown only now)`,
    ]);
  });
}

async function list(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const rows = await ctx.database.db.selectFrom('api_token').selectAll().orderBy('created_at').execute();
    const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
    const names = await namesOf(
      ctx.database.db,
      rows.map(({ made_by }) => ({ actor: made_by, subject: null })),
    );
    const tokens = rows.map((row) => ({
      id: row.id,
      name: row.name,
      scopes: z.array(apiScope).parse(JSON.parse(row.scopes_json)),
      allowedIps: textList.parse(JSON.parse(row.allowed_ips_json)),
      expiresAt: iso(row.expires_at),
      revokedAt: iso(row.revoked_at),
      suspendedAt: iso(row.suspended_at),
      lastUsedAt: iso(row.last_used_at),
      lastUsedIp: row.last_used_ip,
      useCount: row.use_count,
      madeBy: names.get(row.made_by) ?? null,
      isKept: row.is_kept === 1,
      endReason: row.end_reason,
    }));
    print(
      options,
      tokens,
      rows.map((row, index) =>
        [
          row.id,
          row.name,
          tokens[index]?.scopes.join(','),
          row.revoked_at !== null
            ? endWords[row.end_reason ?? 'revoked']
            : row.suspended_at !== null
              ? 'waits to be confirmed'
              : `until ${shortTime(row.expires_at)}`,
          `made by ${tokens[index]?.madeBy ?? 'this command'}${row.is_kept === 1 ? ', kept' : ''}`,
          `used ${row.use_count} times`,
        ].join('  '),
      ),
    );
  });
}

/** How a token ended, in its list. */
const endWords = {
  revoked: 'revoked',
  'maker-removed': 'ended: its maker was removed',
  'maker-blocked': 'ended: its maker was blocked',
  'maker-demoted': 'ended: its maker is no administrator any more',
} as const;

async function keep(which: string, options: CommonOptions & { off?: boolean }): Promise<void> {
  const isKept = options.off !== true;
  await withServerFiles(options, async (ctx) => {
    const { db } = ctx.database;
    const token = valueOr(options, await livingToken(db, which));
    if (!token) return;
    const change = { id: token.id, isKept, actor: CLI_ACTOR, ip: null, now: ctx.now() };
    const kept = valueOr(options, await db.transaction().execute((tx) => keepToken(tx, change)));
    if (!kept) return;
    const what = isKept ? 'works on without whoever made it' : 'ends with whoever made it';
    print(options, { id: token.id, name: kept.name, isKept }, [`${kept.name} ${what}.`]);
  });
}

async function revoke(which: string, options: ConfirmOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const { db } = ctx.database;
    const token = valueOr(options, await livingToken(db, which));
    if (!token) return;
    const { id, name, use_count } = token;
    const question = `Revoke the token ${name}? It was used ${use_count} times, and whatever uses it is refused from now on.`;
    if (!(await isConfirmed(options, question))) return;
    const end = { id, actor: CLI_ACTOR, now: ctx.now() };
    const isRevoked = await db.transaction().execute((tx) => revokeApiToken(tx, end));
    if (isRevoked) print(options, { id, name }, [`Revoked ${name}.`]);
    else refuseProblem(options, problem('not-found', `${name} is revoked already.`));
  });
}

/** By its id, or a name that only one token has that was not revoked. */
async function livingToken(db: Db, text: string): Promise<Result<ApiTokenRow>> {
  const rows = await db
    .selectFrom('api_token')
    .selectAll()
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .execute();
  const candidates = rows.map((row) => ({ ...row, hint: `until ${shortTime(row.expires_at)}` }));
  return oneNamed(
    { noun: 'token', which: 'that works', notFound: 'not-found', list: 'token list' },
    text,
    candidates,
  );
}

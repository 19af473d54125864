import { type Command, Option } from 'commander';
import * as z from 'zod';
import { apiScope } from '../../src-shared/integration-api.ts';
import { textList } from '../../src-shared/primitives.ts';
import { readAddressOrNetwork } from '../../src-shared/typed-network.ts';
import { createApiToken, revokeApiToken } from '../api/integration/api-token-store.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  EXIT_FAILED,
  listOf,
  print,
  properName,
  refuse,
  shortTime,
  wholeNumber,
  withCommonOptions,
  withServerFiles,
} from './run-command.ts';
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

/** `token create|list|confirm|revoke`: for the integration API. */
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
    .action(create);
  withCommonOptions(token.command('list')).description('all tokens, never their values').action(list);
  addTokenConfirm(token);
  withCommonOptions(token.command('revoke <id>')).description('end a token now').action(revoke);
}

async function create(options: CreateOptions): Promise<void> {
  const scopes = z.array(apiScope).parse(options.scopes);
  if (scopes.length === 0) {
    refuse(['Expected at least one scope in --scopes.'], EXIT_FAILED);
    return;
  }
  const allowedIps = options.allowIp;
  await withServerFiles(options, async (ctx) => {
    const { name, expiresDays } = options;
    const now = ctx.now();
    const made = await ctx.database.db
      .transaction()
      .execute((tx) => createApiToken(tx, { name, scopes, allowedIps, expiresDays, actor: CLI_ACTOR, now }));
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
            ? 'revoked'
            : row.suspended_at !== null
              ? 'waits to be confirmed'
              : `until ${shortTime(row.expires_at)}`,
          `used ${row.use_count} times`,
        ].join('  '),
      ),
    );
  });
}

async function revoke(id: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const isRevoked = await ctx.database.db
      .transaction()
      .execute((tx) => revokeApiToken(tx, { id: id.toLowerCase(), actor: CLI_ACTOR, now: ctx.now() }));
    if (isRevoked) print(options, { id }, ['Revoked.']);
    else refuse([`There is no such token, or it is revoked already: ${id}`], EXIT_FAILED);
  });
}

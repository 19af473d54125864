import type { Command } from 'commander';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import {
  addMember,
  passwordMistake,
  resetFactorLock,
  setPasswordFor,
} from '../../people/members/member-store.ts';
import { withoutOwner } from '../../people/members/owner-rules.ts';
import { blockMember } from '../../people/members/team-changes.ts';
import { hashNewPassword } from '../../people/password/password-store.ts';
import { newTemporaryPassword } from '../../people/password/temporary-password.ts';
import { resetUnlockFor } from '../../proof/unlock/removal.ts';
import { type AdminDesk, endWords, personAtServer, withAdminDesk } from '../admin-desk.ts';
import { askNewPassword, askWho, howToAnswer, howToName, type PersonOptions } from '../ask.ts';
import { examples } from '../command-groups.ts';
import { refuseWords, valueOr } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  print,
  shortTime,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { accountLines, accountOf, temporaryPasswordLine } from './account-output.ts';
import { memberNamed, WHICH_MEMBER } from './member-named.ts';

type BlockOptions = CommonOptions & { keepTokens?: boolean };
type AddOptions = CommonOptions &
  PersonOptions & { withTotp?: boolean; administrator?: boolean; permanent?: boolean };

const permanentOption = 'the member has chosen the password and keeps it; else it is temporary';
const temporaryNote =
  'The password is temporary: it works for 7 days, and another one is asked for at the first sign-in.';

/** `member add|list|block|unblock|set-password|reset-factor-lock|reset-unlock`. A member is named by e-mail address, id, or a name that nobody else has. */
export function addMemberCommands(program: Command): void {
  const member = program.command('member').description('who belongs to the team');
  withCommonOptions(member.command('add'))
    .description('add a member')
    .option('--email <address>', 'what the member signs in with')
    .option('--name <name>', 'shown to administrators')
    .option(
      '--password-stdin',
      'read the password from standard input; else a temporary one is made and shown',
    )
    .option('--with-totp', 'set up an authenticator now and print its secret')
    .option('--permanent', permanentOption)
    .option('--administrator', 'with the role administrator')
    .addHelpText('after', examples('member add --email anna@example.com --name "Anna Berg"'))
    .action(add);
  withCommonOptions(member.command('list'))
    .description('all members')
    .addHelpText('after', examples('member list', 'member list --json'))
    .action(list);
  withCommonOptions(member.command('block'))
    .argument('<member>', WHICH_MEMBER)
    .description('end sessions and connections now and let the member in no more')
    .option('--keep-tokens', 'let the API tokens that the member made work on')
    .addHelpText('after', examples('member block anna@example.com'))
    .action((who: string, options: BlockOptions) =>
      withAdminDesk(options, (desk) => block(desk, who, true, options)),
    );
  withCommonOptions(member.command('unblock'))
    .argument('<member>', WHICH_MEMBER)
    .description('let the member in again')
    .addHelpText('after', examples('member unblock anna@example.com'))
    .action((who: string, options: CommonOptions) =>
      withAdminDesk(options, (desk) => block(desk, who, false, options)),
    );
  withCommonOptions(member.command('set-password'))
    .argument('<member>', WHICH_MEMBER)
    .description('set a new password; ends sessions and connections')
    .option('--password-stdin', 'read the password from standard input')
    .option('--permanent', permanentOption)
    .addHelpText('after', examples('member set-password anna@example.com'))
    .action(changePassword);
  withCommonOptions(member.command('reset-factor-lock'))
    .argument('<member>', WHICH_MEMBER)
    .description('let the member try codes again after too many wrong ones')
    .addHelpText('after', examples('member reset-factor-lock anna@example.com'))
    .action(resetLock);
  withCommonOptions(member.command('reset-unlock'))
    .argument('<member>', WHICH_MEMBER)
    .description(
      "take PIN and biometrics away from all of the member's devices; the next connection needs a code",
    )
    .addHelpText('after', examples('member reset-unlock anna@example.com'))
    .action(resetUnlockOf);
}

async function add(options: AddOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const isTemporary = !options.permanent;
    const isMade = isTemporary && !options.passwordStdin;
    const who = await askWho(options);
    const password = !who
      ? null
      : isMade
        ? newTemporaryPassword()
        : await askNewPassword(ctx.config, options, who);
    if (!who || password === null) {
      refuseWords(options, isMade ? howToName : howToAnswer);
      return;
    }
    const role = options.administrator ? 'administrator' : 'member';
    const member = { ...who, password, role, withTotp: options.withTotp ?? false, isTemporary } as const;
    const added = valueOr(options, await addMember(ctx, member, CLI_ACTOR));
    if (!added) return;
    const value = { ...accountOf(added), ...(isMade ? { temporaryPassword: password } : {}) };
    const note = isMade ? temporaryPasswordLine(added.email, password) : temporaryNote;
    print(options, value, [...accountLines(added), ...(isTemporary ? [note] : [])]);
  });
}

async function list(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const rows = await ctx.database.db
      .selectFrom('member')
      .leftJoin('factor', (join) =>
        join.onRef('factor.member_id', '=', 'member.id').on('factor.state', '=', 'active'),
      )
      .select(['member.id', 'email', 'name', 'role', 'is_blocked', 'member.created_at', 'factor.is_disabled'])
      .where('member.removed_at', 'is', null)
      .orderBy('email')
      .execute();
    const members = rows.map((row) => ({
      id: row.id,
      email: row.email,
      name: row.name,
      role: row.role,
      isBlocked: row.is_blocked === 1,
      factor: row.is_disabled === null ? 'none' : row.is_disabled === 1 ? 'disabled' : 'active',
      createdAt: new Date(row.created_at).toISOString(),
    }));
    print(
      options,
      members,
      rows.map((row, index) =>
        [
          row.id,
          row.email,
          row.role,
          `factor ${members[index]?.factor}`,
          ...(row.is_blocked ? ['blocked'] : []),
          shortTime(row.created_at),
        ].join('  '),
      ),
    );
  });
}

/** Finds the member and runs `change` in one transaction. */
async function changeMember<T>(
  ctx: ServerContext,
  options: CommonOptions,
  who: string,
  change: (tx: Tx, member: MemberRow) => Promise<T>,
): Promise<{ member: MemberRow; value: T } | null> {
  return ctx.database.db.transaction().execute(async (tx) => {
    const member = valueOr(options, await memberNamed(tx, who));
    if (!member) return null;
    return { member, value: await change(tx, member) };
  });
}

async function block(desk: AdminDesk, who: string, isBlocked: boolean, options: BlockOptions): Promise<void> {
  const { ctx, enforcement } = desk;
  const areTokensKept = options.keepTokens ?? false;
  const changed = await changeMember(ctx, options, who, async (tx, member) => {
    // Not refused as in the Control Panel: whoever is at the server can take it back.
    const others = await withoutOwner(tx, member);
    const ended = await blockMember(tx, ctx, { member, by: personAtServer(), areTokensKept }, isBlocked);
    return { ended, isOwnerLeft: !isBlocked || others.ok };
  });
  if (!changed) return;
  const { id, email } = changed.member;
  const { ended, isOwnerLeft } = changed.value;
  const { apiTokens } = ended;
  if (!isBlocked) {
    print(options, { id, email, isBlocked }, [`${email} is no longer blocked.`]);
    return;
  }
  const enforced = await enforcement.carryOut(ended);
  const endedConnections = ended.ended.length;
  const value = { id, email, isBlocked, endedConnections, enforced, apiTokens, areTokensKept, isOwnerLeft };
  print(options, value, [
    `${email} is blocked. ${endWords(endedConnections, enforced, desk)}`,
    ...(apiTokens > 0
      ? [`API tokens that ${email} made and that have ${areTokensKept ? 'been kept' : 'ended'}: ${apiTokens}`]
      : []),
    ...(isOwnerLeft ? [] : [`No owner can sign in now. ${ownerAgain(email)}`]),
  ]);
}

const ownerAgain = (email: string): string =>
  `The way back: postern-server member unblock ${email}, or postern-server member role MEMBER owner`;

async function changePassword(
  who: string,
  options: CommonOptions & PersonOptions & { permanent?: boolean },
): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const person = valueOr(options, await memberNamed(ctx.database.db, who));
    if (!person) return;
    const password = await askNewPassword(ctx.config, options, person);
    if (password === null) {
      refuseWords(
        options,
        'Without a terminal, give --password-stdin; "member temporary-password" makes one.',
      );
      return;
    }
    const mistake = await passwordMistake(ctx, password, person);
    if (mistake) {
      refuseWords(options, mistake);
      return;
    }
    const passwordHash = await hashNewPassword(ctx, password);
    const isTemporary = !options.permanent;
    const changed = await changeMember(ctx, options, who, (tx, { id }) =>
      setPasswordFor(tx, ctx, { memberId: id, passwordHash, isTemporary, actor: CLI_ACTOR, now: ctx.now() }),
    );
    if (changed) {
      const { id, email } = changed.member;
      print(options, { id, email, isTemporary }, [
        `${email} has a new password; every session has ended.`,
        ...(isTemporary ? [temporaryNote] : []),
      ]);
    }
  });
}

async function resetLock(who: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const changed = await changeMember(ctx, options, who, (tx, { id }) =>
      resetFactorLock(tx, { memberId: id, actor: CLI_ACTOR, now: ctx.now() }),
    );
    if (!changed) return;
    const { id, email } = changed.member;
    print(options, { id, email, hasFactor: changed.value }, [
      changed.value
        ? `${email} can try codes again.`
        : `${email} can sign in again; there is no second factor yet.`,
    ]);
  });
}

async function resetUnlockOf(who: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const changed = await changeMember(ctx, options, who, (tx, { id }) =>
      resetUnlockFor(tx, ctx, { memberId: id, actor: CLI_ACTOR, now: ctx.now() }),
    );
    if (!changed) return;
    const { id, email } = changed.member;
    const devices = changed.value;
    print(options, { id, email, devices }, [
      devices === 0
        ? `${email} has no PIN or biometrics on any device. The next connection needs a code.`
        : `PIN and biometrics of ${email} are gone on ${devices} device${devices === 1 ? '' : 's'}. The next connection needs a code.`,
    ]);
  });
}

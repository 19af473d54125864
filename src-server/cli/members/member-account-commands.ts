import { Argument, type Command } from 'commander';
import { memberRole } from '../../../src-shared/member-role.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { MemberRow } from '../../db/schema.ts';
import type { MemberChange } from '../../people/members/member-changes.ts';
import { setPasswordFor } from '../../people/members/member-store.ts';
import { personText, tellOwnersOf } from '../../people/members/owner-notices.ts';
import { changeMember } from '../../people/members/team-changes.ts';
import { requestMfaReset } from '../../people/mfa/mfa-reset.ts';
import { hashNewPassword } from '../../people/password/password-store.ts';
import { newTemporaryPassword } from '../../people/password/temporary-password.ts';
import { type AdminDesk, endWords, personAtServer, withAdminDesk } from '../admin-desk.ts';
import { groupNamed, withExamples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { refuseProblem, refuseWords, valueOr } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  print,
  properName,
  shortTime,
  withCommonOptions,
} from '../run-command.ts';
import { temporaryPasswordLine } from './account-output.ts';
import { memberNamed, WHICH_MEMBER } from './member-named.ts';

type EditOptions = CommonOptions & { name?: string; email?: string };

/** `member edit|role|temporary-password|reset-mfa`. */
export function addMemberAccountCommands(program: Command): void {
  const member = groupNamed(program, 'member', 'who belongs to the team');
  const one = (name: string) => withCommonOptions(member.command(name)).argument('<member>', WHICH_MEMBER);
  withExamples(
    one('edit')
      .description('change name or e-mail address; another address is told to both, and to the owners')
      .option('--name <name>', 'shown to administrators', properName)
      .option('--email <address>', 'what the member signs in with')
      .action((who: string, options: EditOptions) =>
        withAdminDesk(options, (desk) => edit(desk, who, options)),
      ),
    'member edit anna@example.com --email anna.berg@example.com',
  );
  withExamples(
    one('role')
      .addArgument(new Argument('<role>', 'what the member may do').choices(memberRole.options))
      .description('give another role; there is always one owner who can sign in')
      .action((who: string, role: string, options: CommonOptions) =>
        withAdminDesk(options, (desk) => change(desk, who, { role: memberRole.parse(role) }, options)),
      ),
    'member role anna@example.com administrator',
  );
  withExamples(
    withConfirmation(one('temporary-password'))
      .description('make a password that is shown once, works for 7 days, and is changed at the next sign-in')
      .action((who: string, options: ConfirmOptions) =>
        withAdminDesk(options, (desk) => giveTemporary(desk, who, options)),
      ),
    'member temporary-password anna@example.com',
  );
  withExamples(
    one('reset-mfa')
      .description('send the member a link to set up a new authenticator; nothing changes before it is used')
      .action((who: string, options: CommonOptions) =>
        withAdminDesk(options, (desk) => resetMfa(desk, who, options)),
      ),
    'member reset-mfa anna@example.com',
  );
}

async function edit(desk: AdminDesk, who: string, options: EditOptions): Promise<void> {
  const { name, email } = options;
  if (name === undefined && email === undefined) {
    refuseWords(options, 'Say what to change: --name or --email.');
    return;
  }
  await change(desk, who, { name, email }, options);
}

async function change(
  { ctx }: AdminDesk,
  who: string,
  wanted: MemberChange,
  options: CommonOptions,
): Promise<void> {
  const edited = await ctx.database.db.transaction().execute(async (tx): Promise<Result<MemberRow>> => {
    const found = await memberNamed(tx, who);
    if (!found.ok) return found;
    const changed = await changeMember(tx, ctx, { member: found.value, by: personAtServer() }, wanted);
    if (!changed.ok) return changed;
    const after = await tx
      .selectFrom('member')
      .selectAll()
      .where('id', '=', found.value.id)
      .executeTakeFirstOrThrow();
    return ok(after);
  });
  const after = valueOr(options, edited);
  if (!after) return;
  const { id, email, name, role } = after;
  print(options, { id, email, name, role }, [`${name} <${email}>, ${role}.`]);
}

async function giveTemporary(desk: AdminDesk, who: string, options: ConfirmOptions): Promise<void> {
  const { ctx, enforcement } = desk;
  const named = valueOr(options, await memberNamed(ctx.database.db, who));
  if (!named) return;
  const question = `Give ${named.name} <${named.email}> another password? The one of now counts no more, and every session ends.`;
  if (!(await isConfirmed(options, question))) return;
  const password = newTemporaryPassword();
  const passwordHash = await hashNewPassword(ctx, password);
  const given = await ctx.database.db.transaction().execute(async (tx) => {
    // Asking took its time.
    const found = await memberNamed(tx, named.id);
    if (!found.ok) return found;
    const { id: memberId, email } = found.value;
    const input = { memberId, passwordHash, isTemporary: true, actor: CLI_ACTOR, now: ctx.now() };
    return ok({ memberId, email, ended: await setPasswordFor(tx, ctx, input) });
  });
  const value = valueOr(options, given);
  if (!value) return;
  const { memberId: id, email, ended } = value;
  const enforced = await enforcement.carryOut(ended);
  const endedConnections = ended.ended.length;
  print(options, { id, email, temporaryPassword: password, endedConnections, enforced }, [
    temporaryPasswordLine(email, password),
    `Every session of before has ended. ${endWords(endedConnections, enforced, desk)}`,
  ]);
}

async function resetMfa({ ctx }: AdminDesk, who: string, options: CommonOptions): Promise<void> {
  const asked = await ctx.database.db.transaction().execute(async (tx) => {
    const found = await memberNamed(tx, who);
    if (!found.ok) return found;
    const { id, email, is_blocked } = found.value;
    if (is_blocked === 1) return fail('wrong-state', `${email} is blocked: unblock first.`);
    const requested = await requestMfaReset(tx, ctx, { memberId: id, actor: CLI_ACTOR, ip: null });
    if (!requested.ok) return requested;
    await tellOwnersOf(tx, ctx, personAtServer(), { what: 'mfa-reset', member: personText(found.value) });
    return ok({ id, email, expiresAt: requested.value.expiresAt });
  });
  if (!asked.ok) {
    const isMailMissing = asked.problem.code === 'mail-unavailable';
    const way = `"postern-server member break-glass ${who}" prints the link instead, and tells every owner.`;
    refuseProblem(options, asked.problem, [asked.problem.detail, ...(isMailMissing ? [way] : [])]);
    return;
  }
  const { id, email, expiresAt } = asked.value;
  print(options, { id, email, expiresAt: new Date(expiresAt).toISOString() }, [
    `A link to set up a new authenticator goes to ${email}; it works until ${shortTime(expiresAt)}, with the password.`,
  ]);
}

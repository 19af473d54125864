import type { Command } from 'commander';
import { breakGlass } from '../../people/mfa/break-glass.ts';
import { type AdminDesk, personAtServer, withAdminDesk } from '../admin-desk.ts';
import { groupNamed, withExamples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { valueOr } from '../refusal.ts';
import { print, shortTime, withCommonOptions } from '../run-command.ts';
import { memberNamed, WHICH_MEMBER } from './member-named.ts';

/** `member break-glass`. Whoever can read the keys of the server can do it: root, and the server's own user. */
export function addBreakGlassCommand(program: Command): void {
  const command = withConfirmation(
    withCommonOptions(groupNamed(program, 'member', 'who belongs to the team').command('break-glass')),
  )
    .argument('<member>', WHICH_MEMBER)
    .description(
      'for an owner who has lost the phone: print a link to set up a new authenticator; every owner is told by mail',
    )
    .action((who: string, options: ConfirmOptions) =>
      withAdminDesk(options, (desk) => open(desk, who, options)),
    );
  withExamples(command, 'member break-glass owner@example.com');
}

async function open({ ctx }: AdminDesk, who: string, options: ConfirmOptions): Promise<void> {
  const { db } = ctx.database;
  const named = valueOr(options, await memberNamed(db, who));
  if (!named) return;
  const { id, name, email } = named;
  const hasMail = ctx.config.mail !== undefined;
  const telling = hasMail
    ? 'Every owner is told by mail'
    : 'No mail server is configured, so nobody is told by mail';
  const question = `Print a link with which ${name} <${email}> can set up a new authenticator? ${telling}, and the audit log says who did it.`;
  if (!(await isConfirmed(options, question))) return;
  const opened = await db.transaction().execute(async (tx) => {
    const member = await memberNamed(tx, id);
    return member.ok ? breakGlass(tx, ctx, { member: member.value, ...personAtServer() }) : member;
  });
  const value = valueOr(options, opened);
  if (!value) return;
  const { link, expiresAt } = value;
  print(options, { id, email, link, expiresAt: new Date(expiresAt).toISOString() }, [
    `For ${name} <${email}> alone, until ${shortTime(expiresAt)} and shown only now:`,
    `  ${link}`,
    'The page asks for the password, then for a code of the new authenticator. Until then the old one stays.',
    `If the password is lost too: postern-server member temporary-password ${email}`,
  ]);
}

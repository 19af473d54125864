import type { Command } from 'commander';
import { viewMember } from '../../api/panel/admin/member-view.ts';
import { groupNamed, withExamples } from '../command-groups.ts';
import { valueOr } from '../refusal.ts';
import { type CommonOptions, print, shortTime, withCommonOptions, withServerFiles } from '../run-command.ts';
import { memberNamed, WHICH_MEMBER } from './member-named.ts';

/** `member show`. */
export function addMemberShowCommand(program: Command): void {
  const command = withCommonOptions(groupNamed(program, 'member', 'who belongs to the team').command('show'))
    .argument('<member>', WHICH_MEMBER)
    .description('a member with factor, devices and connections')
    .action(show);
  withExamples(command, 'member show anna@example.com', 'member show "Anna Berg" --json');
}

async function show(who: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const { db } = ctx.database;
    const found = valueOr(options, await memberNamed(db, who));
    if (!found) return;
    // What one of the panel's administrators may do is not a question here: whoever reads the files may all of it.
    const viewed = await viewMember(db, found.id, { memberId: '', role: 'owner' }, ctx.now());
    const view = valueOr(options, viewed);
    if (!view) return;
    const { may: _, ...member } = view.member;
    const time = (iso: string) => shortTime(Date.parse(iso));
    const facts: [string, string][] = [
      ['id', member.id],
      ['e-mail', member.email],
      ['role', member.role],
      ['account', member.isBlocked ? 'blocked' : 'active'],
      [
        'second factor',
        member.mfa === 'active' ? `active, ${member.backupCodesLeft} backup codes left` : member.mfa,
      ],
      ...(member.hasPendingReset ? [['reset', 'a link is on its way'] satisfies [string, string]] : []),
      ['since', time(member.createdAt)],
      ['last seen', member.lastSeenAt === null ? 'never' : time(member.lastSeenAt)],
    ];
    print(options, member, [
      member.name,
      ...facts.map(([name, fact]) => `  ${name.padEnd(13)}  ${fact}`),
      ...member.connections.map(
        ({ deviceName, gatewayName, address, since }) =>
          `  connection     ${deviceName} → ${gatewayName}, ${address}, since ${time(since)}`,
      ),
      ...member.devices.map(
        ({ id, name, platform, isSignedIn, lastSeenAt }) =>
          `  device         ${id}  ${name}  ${platform}  ${isSignedIn ? 'signed in' : 'signed out'}, seen ${time(lastSeenAt)}`,
      ),
    ]);
  });
}

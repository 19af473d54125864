import type { Command } from 'commander';
import { isGated, noGateWarning } from '../../../src-shared/policy.ts';
import type { Result } from '../../../src-shared/problem.ts';
import { livePeers } from '../../access/enforcement/lease-peers.ts';
import type { RecordedEnd } from '../../access/enforcement/record-end.ts';
import { disconnectMember } from '../../people/members/disconnect-member.ts';
import { dropMember } from '../../people/members/team-changes.ts';
import { type AdminDesk, endWords, personAtServer, withAdminDesk } from '../admin-desk.ts';
import { groupNamed, withExamples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { refuseProblem, valueOr } from '../refusal.ts';
import { CLI_ACTOR, type CommonOptions, print, say, withCommonOptions } from '../run-command.ts';
import { memberNamed, WHICH_MEMBER } from './member-named.ts';

type DisconnectOptions = CommonOptions & { reason?: string; incident?: string };

/** Of the reason, as in the integration API. */
const MOST_CHARACTERS = 200;

/** `member disconnect|remove`: what ends access at once. */
export function addMemberAccessCommands(program: Command): void {
  const member = groupNamed(program, 'member', 'who belongs to the team');
  const disconnect = withCommonOptions(member.command('disconnect'))
    .argument('<member>', WHICH_MEMBER)
    .description('end every connection now; the next one needs fresh proof')
    .option('--reason <text>', `shown to the member, at most ${MOST_CHARACTERS} characters`)
    .option('--incident <id>', 'shown to the member, and in the audit log')
    .action((who: string, options: DisconnectOptions) =>
      withAdminDesk(options, (desk) => kick(desk, who, options)),
    );
  withExamples(
    disconnect,
    'member disconnect anna@example.com',
    'member disconnect anna@example.com --reason "Laptop reported stolen" --incident SOC-4711',
  );
  const remove = withConfirmation(withCommonOptions(member.command('remove')))
    .argument('<member>', WHICH_MEMBER)
    .description('remove the member for good: signed out, disconnected, without factor and devices')
    .action((who: string, options: ConfirmOptions) =>
      withAdminDesk(options, (desk) => removeOne(desk, who, options)),
    );
  withExamples(remove, 'member remove anna@example.com', 'member remove anna@example.com --yes --json');
}

async function kick(desk: AdminDesk, who: string, options: DisconnectOptions): Promise<void> {
  const { ctx, enforcement } = desk;
  const member = valueOr(options, await memberNamed(ctx.database.db, who));
  if (!member) return;
  const { id, email } = member;
  // Nobody stays connected for the sake of words that are too long.
  const reason = options.reason && [...options.reason].slice(0, MOST_CHARACTERS).join('');
  const { endedConnections, enforced, notified, offline, policy } = await disconnectMember(ctx, enforcement, {
    memberId: id,
    known: await livePeers(ctx.database.db, { memberId: id }),
    reason,
    incidentId: options.incident && [...options.incident].slice(0, MOST_CHARACTERS).join(''),
    actor: CLI_ACTOR,
    ip: null,
  });
  const warning = isGated(policy) ? null : noGateWarning;
  const value = { id, email, endedConnections, enforced, notified, offline };
  print(options, { ...value, ...(warning === null ? {} : { warning }) }, [
    `${email}: ${endWords(endedConnections, enforced, desk)}`,
    ...(warning === null ? ['The next connection needs fresh proof.'] : []),
  ]);
  if (warning !== null && !options.json) say(warning);
}

async function removeOne(desk: AdminDesk, who: string, options: ConfirmOptions): Promise<void> {
  const { ctx, enforcement } = desk;
  const { db } = ctx.database;
  const member = valueOr(options, await memberNamed(db, who));
  if (!member) return;
  const { id, email, name } = member;
  const connections = (await livePeers(db, { memberId: id })).length;
  const ends =
    connections === 0
      ? ''
      : `, and ${connections === 1 ? 'a connection ends' : `${connections} connections end`} now`;
  if (
    !(await isConfirmed(options, `Remove ${name} <${email}> for good? Factor and devices go with it${ends}.`))
  )
    return;
  const guards = await desk.guards();
  const removed = await db.transaction().execute(async (tx): Promise<Result<RecordedEnd>> => {
    // Asking took its time.
    const present = await memberNamed(tx, id);
    if (!present.ok) return present;
    return dropMember(tx, ctx, { member: present.value, by: personAtServer() }, guards);
  });
  if (!removed.ok) {
    refuseProblem(options, removed.problem);
    return;
  }
  const endedConnections = removed.value.ended.length;
  const enforced = await enforcement.carryOut(removed.value);
  print(options, { id, email, endedConnections, enforced }, [
    `Removed ${name} <${email}>. ${endWords(endedConnections, enforced, desk)}`,
  ]);
}

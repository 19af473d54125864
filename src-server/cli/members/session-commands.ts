import type { Command } from 'commander';
import { fail, type Result } from '../../../src-shared/problem.ts';
import { endPanelSession, isLivePanelSession } from '../../api/panel/panel-session.ts';
import type { Db } from '../../db/database.ts';
import { signOut } from '../../people/sign-in/sign-out.ts';
import { type AdminDesk, withAdminDesk } from '../admin-desk.ts';
import { groupNamed, withExamples } from '../command-groups.ts';
import { refuseProblem, valueOr } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  print,
  shortTime,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import type { OfMemberOptions } from './device-commands.ts';
import { memberNamed, WHICH_MEMBER } from './member-named.ts';

/** `session list|end`. */
export function addSessionCommands(program: Command): void {
  const session = groupNamed(program, 'session', 'who is signed in, on a computer or in the Control Panel');
  const listing = withCommonOptions(session.command('list'))
    .description('living sessions, the one used last first')
    .option('--member <member>', `of this member alone: ${WHICH_MEMBER}`)
    .action(list);
  withExamples(listing, 'session list', 'session list --member anna@example.com');
  const ending = withCommonOptions(session.command('end'))
    .argument('<session>', 'its id, from session list')
    .description('end a session; one on a computer takes its connection with it')
    .action((id: string, options: CommonOptions) => withAdminDesk(options, (desk) => end(desk, id, options)));
  withExamples(ending, 'session end 01a1ffbd-8da2-7710-bc82-16adeaf130c7');
}

async function list(options: OfMemberOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const { db } = ctx.database;
    const member =
      options.member === undefined ? undefined : valueOr(options, await memberNamed(db, options.member));
    if (member === null) return;
    const rows = await sessionsOf(db, member?.id ?? null, ctx.now());
    const sessions = rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      memberId: row.member_id,
      email: row.email,
      deviceId: row.device_id,
      deviceName: row.deviceName,
      ip: row.ip,
      createdAt: new Date(row.created_at).toISOString(),
      lastUsedAt: new Date(row.last_used_at).toISOString(),
      expiresAt: new Date(row.expires_at).toISOString(),
    }));
    const lines = rows.map((row) =>
      [
        ...[row.id, row.email, row.kind === 'panel' ? 'Control Panel' : (row.deviceName ?? 'a device')],
        ...(row.ip === null ? [] : [row.ip]),
        `used ${shortTime(row.last_used_at)}`,
      ].join('  '),
    );
    print(options, sessions, lines.length > 0 ? lines : ['Nobody is signed in.']);
  });
}

async function end(desk: AdminDesk, typed: string, options: CommonOptions): Promise<void> {
  const sessionId = typed.toLowerCase();
  const ended = await endOne(desk, sessionId);
  if (!ended.ok) {
    refuseProblem(options, ended.problem);
    return;
  }
  const { email, kind } = ended.value;
  const where = kind === 'panel' ? 'in the Control Panel' : `on ${ended.value.deviceName}`;
  print(options, { id: sessionId, ...ended.value }, [`${email} is signed out ${where}.`]);
}

async function endOne(
  desk: AdminDesk,
  sessionId: string,
): Promise<Result<{ email: string; kind: string; deviceName: string | null }>> {
  const { ctx, enforcement } = desk;
  const { db } = ctx.database;
  const missing = fail('not-found', `There is no living session ${sessionId}. "session list" shows them.`);
  const row = (await sessionsOf(db, null, ctx.now())).find(({ id }) => id === sessionId);
  if (!row) return missing;
  const { member_id: memberId, device_id: deviceId, email, kind, deviceName } = row;
  if (deviceId === null) {
    const reason = 'ended-by-administrator';
    const input = { sessionId, memberId, ip: null, now: ctx.now(), reason, actor: CLI_ACTOR };
    const isEnded = await db.transaction().execute((tx) => endPanelSession(tx, input));
    if (!isEnded) return missing;
  } else {
    const parts = { enforcement, guards: await desk.guards() };
    await signOut(ctx, parts, { sessionId, memberId, deviceId }, null, { actor: CLI_ACTOR });
  }
  return { ok: true, value: { email, kind, deviceName } };
}

async function sessionsOf(db: Db, memberId: string | null, now: number) {
  let query = db
    .selectFrom('session')
    .innerJoin('member', 'member.id', 'session.member_id')
    .leftJoin('device', 'device.id', 'session.device_id')
    .selectAll('session')
    .select(['member.email', 'device.name as deviceName'])
    .where('session.ended_at', 'is', null)
    .where('session.expires_at', '>', now)
    .where('device.removed_at', 'is', null);
  if (memberId !== null) query = query.where('session.member_id', '=', memberId);
  const rows = await query.orderBy('session.last_used_at', 'desc').orderBy('session.id', 'desc').execute();
  return rows.filter((row) => row.kind === 'client' || isLivePanelSession(row, now));
}

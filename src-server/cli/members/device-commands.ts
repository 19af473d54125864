import type { Command } from 'commander';
import { problem } from '../../../src-shared/problem.ts';
import type { Db } from '../../db/database.ts';
import { removeDevice } from '../../people/devices/device-removal.ts';
import { type AdminDesk, endWords, withAdminDesk } from '../admin-desk.ts';
import { groupNamed, withExamples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { oneNamed } from '../named.ts';
import { refuseProblem, valueOr } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  print,
  shortTime,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { memberNamed, WHICH_MEMBER } from './member-named.ts';

export type OfMemberOptions = CommonOptions & { member?: string };

/** `device list|remove`. */
export function addDeviceCommands(program: Command): void {
  const device = groupNamed(program, 'device', 'computers that members have signed in on');
  const listing = withCommonOptions(device.command('list'))
    .description('all devices, or those of one member, the one seen last first')
    .option('--member <member>', WHICH_MEMBER)
    .action(list);
  withExamples(listing, 'device list', 'device list --member anna@example.com --json');
  const removal = withConfirmation(withCommonOptions(device.command('remove')))
    .argument('<device>', 'its id, or a name that only one has')
    .description('remove a device: signed out, disconnected, its PIN and biometrics forgotten')
    .option('--member <member>', `look among the devices of this member alone: ${WHICH_MEMBER}`)
    .action((which: string, options: ConfirmOptions & OfMemberOptions) =>
      withAdminDesk(options, (desk) => remove(desk, which, options)),
    );
  withExamples(removal, 'device remove laptop-anna --member anna@example.com');
}

async function list(options: OfMemberOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const rows = await devicesOf(ctx.database.db, options, ctx.now());
    if (!rows) return;
    const devices = rows.map((row) => ({
      id: row.id,
      name: row.name,
      platform: row.platform,
      memberId: row.member_id,
      email: row.email,
      connectedTo: row.gatewayName,
      lastSeenAt: new Date(row.last_seen_at).toISOString(),
      createdAt: new Date(row.created_at).toISOString(),
    }));
    const lines = rows.map((row) =>
      [
        ...[row.id, row.name, row.platform, row.email],
        row.gatewayName === null ? 'not connected' : `connected to ${row.gatewayName}`,
        `seen ${shortTime(row.last_seen_at)}`,
      ].join('  '),
    );
    print(options, devices, lines.length > 0 ? lines : ['No device.']);
  });
}

async function remove(
  desk: AdminDesk,
  which: string,
  options: ConfirmOptions & OfMemberOptions,
): Promise<void> {
  const { ctx, enforcement } = desk;
  const { db } = ctx.database;
  const rows = await devicesOf(db, options, ctx.now());
  if (!rows) return;
  const candidates = rows.map((row) => ({ ...row, hint: row.email }));
  const found = valueOr(
    options,
    oneNamed({ noun: 'device', notFound: 'device-not-found', list: 'device list' }, which, candidates),
  );
  if (!found) return;
  const { id, name, email, member_id: memberId, leaseId } = found;
  const question = `Remove the device ${name} of ${email}?${leaseId === null ? '' : ' Its connection ends now.'}`;
  if (!(await isConfirmed(options, question))) return;
  const parts = { enforcement, guards: await desk.guards() };
  const of = { memberId, deviceId: null };
  const removed = await removeDevice(ctx, parts, of, id, null, { actor: CLI_ACTOR });
  if (!removed) {
    refuseProblem(options, problem('device-not-found', `${name} is gone already.`));
    return;
  }
  const { endedConnections, enforced } = removed.ended;
  print(options, { id, name, email, endedConnections, enforced }, [
    `Removed ${name} of ${email}. ${endWords(endedConnections, enforced, desk)}`,
  ]);
}

/** Of one member or of all; null after it was said that there is no such member. */
async function devicesOf(db: Db, options: OfMemberOptions, now: number) {
  const member =
    options.member === undefined ? undefined : valueOr(options, await memberNamed(db, options.member));
  if (member === null) return null;
  let query = db
    .selectFrom('device')
    .innerJoin('member', 'member.id', 'device.member_id')
    .leftJoin('lease', (join) =>
      join
        .onRef('lease.device_id', '=', 'device.id')
        .on('lease.ended_at', 'is', null)
        .on('lease.expires_at', '>', now),
    )
    .leftJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .selectAll('device')
    .select(['member.email', 'lease.id as leaseId', 'gateway.name as gatewayName'])
    .where('device.removed_at', 'is', null);
  if (member) query = query.where('device.member_id', '=', member.id);
  return query.orderBy('device.last_seen_at', 'desc').orderBy('device.id', 'desc').execute();
}

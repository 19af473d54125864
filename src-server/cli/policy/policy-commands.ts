import type { Command } from 'commander';
import { guardUnsupportedExtra, type UnguardedDevice } from '../../../src-shared/panel/policy.ts';
import { isGated, noGateWarning, type Policy } from '../../../src-shared/policy.ts';
import { id as deviceId } from '../../../src-shared/primitives.ts';
import { ok, type Problem, problem, type Result } from '../../../src-shared/problem.ts';
import { exemptedDevices, withdrawExemption } from '../../access/guard/unguarded-devices.ts';
import { ControlAddresses } from '../../access/lease/control-addresses.ts';
import { type Exempt, savePolicyExempting } from '../../access/policy/policy-changes.ts';
import type { ServerContext } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import { looseningBetween } from '../../people/members/loosening.ts';
import { tellOwnersOf } from '../../people/members/owner-notices.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { personAtServer } from '../admin-desk.ts';
import { examples } from '../command-groups.ts';
import { refuseProblem, refuseWords } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  listOf,
  print,
  say,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { assignPolicy } from './policy-assignments.ts';

type SetOptions = CommonOptions & { exempt?: string[]; exemptAll?: boolean };

const deviceIds = listOf('the id of a device', (item) => deviceId.safeParse(item).data ?? null);

/** `policy show|set|exemptions|withdraw-exemption`. */
export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('the rules of the team');
  withCommonOptions(policy.command('show'))
    .description('the policy in force')
    .addHelpText('after', examples('policy show'))
    .action(show);
  withCommonOptions(policy.command('set [key=value...]'))
    .description('change it; a tighter gate ends connections')
    .option(
      '--exempt <devices>',
      'ids, separated by commas: may connect though they cannot hold traffic back',
      deviceIds,
    )
    .option('--exempt-all', 'the same for all devices in use that cannot')
    .addHelpText(
      'after',
      examples(
        'policy set unlockPriorConnection=true totpPriorConnection=false',
        'policy set trafficWhileWaiting=gate --exempt-all',
      ),
    )
    .action(set);
  withCommonOptions(policy.command('exemptions'))
    .description('devices that may connect though they cannot hold traffic back')
    .addHelpText('after', examples('policy exemptions'))
    .action(listExemptions);
  withCommonOptions(policy.command('withdraw-exemption'))
    .argument('<device>', 'its id')
    .description('take one back; the next connection of the device is refused until it can')
    .addHelpText('after', examples('policy withdraw-exemption 01a1ffbd-8da2-7710-bc82-16adeaf130c7'))
    .action(withdraw);
}

async function listExemptions(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const devices = await exemptedDevices(ctx.database.db);
    print(options, devices, devices.length > 0 ? devices.map(deviceLine) : ['No device is exempt.']);
  });
}

async function withdraw(device: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const withdrawal = { deviceId: device.toLowerCase(), actor: CLI_ACTOR, ip: null, now: ctx.now() };
    const isWithdrawn = await ctx.database.db
      .transaction()
      .execute((tx) => withdrawExemption(tx, withdrawal));
    if (isWithdrawn) print(options, { id: withdrawal.deviceId }, ['Withdrawn.']);
    else refuseProblem(options, problem('device-not-found', `No exempt device has the id ${device}.`));
  });
}

async function show(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const policy = await readPolicy(ctx.database.db);
    print(options, policy, linesOf(policy));
  });
}

async function set(words: string[], options: SetOptions): Promise<void> {
  const exempt = options.exemptAll ? 'all' : (options.exempt ?? []);
  if (words.length === 0 && exempt.length === 0) {
    refuseWords(options, 'Say what to change: key=value, --exempt or --exempt-all.');
    return;
  }
  await withServerFiles(options, async (ctx) => {
    const saved = await save(ctx, words, exempt);
    const unknown = exempt === 'all' ? [] : await unknownDevices(ctx.database.db, exempt);
    if (saved.ok || !options.json)
      for (const id of unknown) say(`${id}: not exempted; there is no device with this id.`);
    if (!saved.ok) {
      refuseProblem(options, saved.problem, refusalOf(saved.problem));
      return;
    }
    const { policy, exempted } = saved.value;
    print(options, policy, linesOf(policy));
    for (const device of exempted) say(`Exempt until it can hold traffic back: ${deviceLine(device)}`);
    if (exempt === 'all' && exempted.length === 0)
      say('No device in use has to hold traffic back and cannot: nobody was exempted.');
    if (exempt !== 'all')
      for (const id of exempt)
        if (!unknown.includes(id) && !exempted.some((device) => device.id === id))
          say(`${id}: not exempted; no device in use that has to hold traffic back and cannot.`);
    if (!isGated(policy)) say(noGateWarning);
    if (policy.unlockPriorConnection && policy.unlockMethods.length === 0)
      say('No way of unlocking is allowed: nobody can connect. Set unlockMethods.');
  });
}

/** Of these ids, those that no device has, or none any more. */
async function unknownDevices(db: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('device')
    .select('id')
    .where('id', 'in', ids)
    .where('removed_at', 'is', null)
    .execute();
  return ids.filter((id) => !rows.some((row) => row.id === id));
}

interface Saved {
  policy: Policy;
  exempted: UnguardedDevice[];
}

/** This process signs what devices hold back from now on, with the keys of the server and its addresses of now. */
async function save(ctx: ServerContext, words: string[], exempt: Exempt): Promise<Result<Saved>> {
  const control = new ControlAddresses(ctx);
  await control.start();
  control.stop();
  const by = { actor: CLI_ACTOR, now: ctx.now(), guards: { keys: ctx.keys, control } };
  return ctx.database.db.transaction().execute(async (tx) => {
    const before = await readPolicy(tx);
    const assigned = assignPolicy(before, words);
    if (!assigned.ok) return assigned;
    const policy = assigned.value;
    const saved = await savePolicyExempting(tx, { policy, exempt, ...by });
    if (!saved.ok) return saved;
    const { exempted } = saved.value;
    const loosening = looseningBetween(before, policy, exempted.length);
    if (loosening !== null) await tellOwnersOf(tx, ctx, personAtServer(), loosening);
    return ok({ policy, exempted });
  });
}

function refusalOf(refusal: Problem): string[] {
  const extra = guardUnsupportedExtra.safeParse(refusal);
  if (refusal.code !== 'guard-unsupported' || !extra.success) return [refusal.detail];
  const { devices } = extra.data;
  return [
    refusal.detail,
    ...devices.map((device) => `  ${deviceLine(device)}`),
    devices.length === 1
      ? `Add --exempt ${devices[0]?.id} to let it connect all the same.`
      : `Add --exempt-all, or --exempt ${devices[0]?.id} with more ids after commas, to let them connect all the same.`,
  ];
}

/** The version is the device's own word. */
function deviceLine({ id, name, platform, memberName, helperVersion }: UnguardedDevice): string {
  const helper = helperVersion === null ? 'its helper has not told yet' : `helper ${helperVersion}`;
  return [id, name, memberName, platform, helper].join('  ').replaceAll(/\p{C}/gu, '');
}

/** `key=value`, as `set` takes them. */
function linesOf(policy: Policy): string[] {
  return Object.entries(policy).flatMap(([key, value]) =>
    typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([inner, flag]) => `${key}.${inner}=${flag}`)
      : [`${key}=${String(value)}`],
  );
}

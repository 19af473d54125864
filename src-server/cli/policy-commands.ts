import type { Command } from 'commander';
import { isGated, noGateWarning, type Policy } from '../../src-shared/policy.ts';
import { savePolicy } from '../access/policy/policy-changes.ts';
import { readPolicy } from '../proof/policy/policy-store.ts';
import { assignPolicy } from './policy-assignments.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  print,
  say,
  valueOrRefuse,
  withCommonOptions,
  withServerFiles,
} from './run-command.ts';

/** `policy show|set`. */
export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('the rules of the team');
  withCommonOptions(policy.command('show')).description('the policy in force').action(show);
  withCommonOptions(policy.command('set <key=value...>'))
    .description('change it; a tighter gate ends connections. Example: policy set totpPriorConnection=true')
    .action(set);
}

async function show(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const policy = await readPolicy(ctx.database.db);
    print(options, policy, linesOf(policy));
  });
}

async function set(words: string[], options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const saved = await ctx.database.db.transaction().execute(async (tx) => {
      const assigned = assignPolicy(await readPolicy(tx), words);
      if (assigned.ok) await savePolicy(tx, { policy: assigned.value, actor: CLI_ACTOR, now: ctx.now() });
      return assigned;
    });
    const policy = valueOrRefuse(saved);
    if (!policy) return;
    print(options, policy, linesOf(policy));
    if (!isGated(policy)) say(noGateWarning);
    if (policy.unlockPriorConnection && policy.unlockMethods.length === 0)
      say('No way of unlocking is allowed: nobody can connect. Set unlockMethods.');
  });
}

/** `key=value`, as `set` takes them. */
function linesOf(policy: Policy): string[] {
  return Object.entries(policy).flatMap(([key, value]) =>
    typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([inner, flag]) => `${key}.${inner}=${flag}`)
      : [`${key}=${String(value)}`],
  );
}

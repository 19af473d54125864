import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { assignPolicy } from '../../src-server/cli/policy-assignments.ts';
import { policySchema } from '../../src-shared/policy.ts';
import { MAX_GATEWAYS } from './addressing.ts';

export interface StackOptions {
  /** Where everything on disk lives, absolute. */
  folder: string;
  members: number;
  gateways: number;
  /** Milliseconds of round trip between laptop and the rest; 0 for none. */
  rttMs: number;
  /** `key=value` words on top of the default policy, as `policy set` takes them; none when left out. */
  policy?: readonly string[];
  /** Called with each step as it is done. */
  onStep: (step: string, tookMs: number) => void;
  /** Aborts the start; what was made until then is undone. */
  signal: AbortSignal;
}

function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
    return value;
  };
}

/**
 * Adds `a=true,b=false` to the words so far; a comma inside a value (`unlockMethods=pin,uv-hw`) stays. Refuses what the
 * server would refuse, with its words.
 */
export function policyWords(text: string, before: readonly string[]): readonly string[] {
  const words = [...before, ...text.split(/,(?=[A-Za-z.]+=)/)];
  const assigned = assignPolicy(policySchema.parse({}), words);
  if (!assigned.ok) throw new InvalidArgumentError(assigned.problem.detail);
  return words;
}

export type StackArguments = Pick<StackOptions, 'folder' | 'members' | 'gateways' | 'rttMs' | 'policy'>;

/** Adds the options that `npm run stack` and `npm start` share. */
export function withStackOptions(command: Command): Command {
  return command
    .option('--members <n>', 'members with password and one-time password', wholeNumber(1, 1000), 1)
    .option('--gateways <n>', 'gateways', wholeNumber(1, MAX_GATEWAYS), 1)
    .option('--rtt-ms <n>', 'round trip between laptop and the rest, milliseconds', wholeNumber(0, 5000), 0)
    .option(
      '--policy <key=value>',
      'rule of the team, e.g. unlockPriorConnection=true,totpPriorConnection=false; may be repeated',
      policyWords,
      [],
    )
    .option('--dir <folder>', 'where everything on disk lives', '.postern');
}

/** The parsed options of a command built by `withStackOptions`. */
export function stackArguments(command: Command): StackArguments {
  const { members, gateways, rttMs, policy, dir } = command.opts<{
    members: number;
    gateways: number;
    rttMs: number;
    policy: readonly string[];
    dir: string;
  }>();
  return { members, gateways, rttMs, policy, folder: path.resolve(dir) };
}

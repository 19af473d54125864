import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';

const root = path.join(import.meta.dirname, '..');
const whole = (text: string): number => {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
};

/** Hostile input of every kind to everything that reads some; also in `npm test`, a number of times each. */
const program = new Command('npm run fuzz --')
  .description(
    'hostile input to routes, channels, helper, configuration and command lines; commands that are killed',
  )
  .addOption(new Option('--seconds <n>', 'for each kind of input').argParser(whole).default(300))
  .addOption(new Option('--seed <n>', 'of a run that is to be seen again').argParser(whole))
  .argument('[files...]', 'only those whose path has one of these', [])
  .parse();
const { seconds, seed } = program.opts<{ seconds: number; seed?: number }>();
const names = program.args.length > 0 ? program.args : ['.fuzz.test.ts'];
const { status } = spawnSync(
  process.execPath,
  [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit', ...names],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      POSTERN_FUZZ_SECONDS: String(seconds),
      ...(seed === undefined ? {} : { POSTERN_FUZZ_SEED: String(seed) }),
    },
  },
);
process.exitCode = status ?? 1;

import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Check, checkExitCode, checkLines, wrong } from '../../../src-node/check.ts';
import { lookAtServer } from '../../doctor/look.ts';
import { examples } from '../command-groups.ts';
import {
  type CommonOptions,
  configFileOf,
  loadConfigOf,
  NO_CONFIG_FILE,
  print,
  withCommonOptions,
} from '../run-command.ts';

const PANEL_DIR = join(import.meta.dirname, '../../../dist/panel');

/** `doctor`. */
export function addDoctorCommand(program: Command): void {
  withCommonOptions(program.command('doctor'))
    .description('look at everything that an installation gets wrong, each with what to do; changes nothing')
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well, 1 something is not, 2 something could not be looked at.\nRun it as the user of the server: sudo -u postern postern-server doctor',
    )
    .addHelpText('after', examples('doctor', 'doctor --json'))
    .action(doctor);
}

async function doctor(options: CommonOptions): Promise<void> {
  const checks = await look(options);
  const code = checkExitCode(checks);
  print(options, { ok: code === 0, checks }, checkLines(checks));
  process.exitCode = code;
}

async function look(options: CommonOptions): Promise<Check[]> {
  const file = configFileOf(options);
  const loaded = loadConfigOf(options);
  if (!loaded.ok)
    return loaded.mistakes.map((mistake) =>
      wrong('config', `${mistake}.`, file === undefined ? NO_CONFIG_FILE : `Change it in ${resolve(file)}.`),
    );
  const configFile = file === undefined ? null : resolve(file);
  return lookAtServer({
    config: loaded.value,
    configFile,
    panelDir: PANEL_DIR,
    env: process.env,
    now: Date.now,
  });
}

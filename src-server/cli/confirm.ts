import type { Command } from 'commander';
import { refuseWords } from './refusal.ts';
import { type CommonOptions, say } from './run-command.ts';

export type ConfirmOptions = CommonOptions & { yes?: boolean };

export function withConfirmation(command: Command): Command {
  return command.option('--yes', 'do it without asking, for scripts');
}

/** Asks before something that cannot be undone; false after the refusal was said. `--yes` answers, and nothing else does. */
export async function isConfirmed(options: ConfirmOptions, question: string): Promise<boolean> {
  if (options.yes) return true;
  if (!process.stdin.isTTY) {
    refuseWords(options, `${question} Without a terminal to ask on, --yes says so. Nothing was changed.`);
    return false;
  }
  // Loaded where somebody is asked: most commands ask nothing.
  const { confirm } = await import('@inquirer/prompts');
  // On standard error: what is on standard output may be read by a program.
  const isWanted = await confirm({ message: question, default: false }, { output: process.stderr });
  if (!isWanted) say('Nothing was changed.');
  return isWanted;
}

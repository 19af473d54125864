import type { Command } from 'commander';
import { helpExamples } from '../../src-node/help-hint.ts';

/** The commands under one noun, such as `member`, which may come from several files. */
export function groupNamed(program: Command, name: string, description: string): Command {
  return (
    program.commands.find((command) => command.name() === name) ??
    program.command(name).description(description)
  );
}

/** For `addHelpText('after', …)`: each without the program. */
export const examples = (...lines: string[]): string =>
  helpExamples(...lines.map((line) => `postern-server ${line}`));

/** `--help` ends with these. */
export function withExamples(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', examples(...lines));
}

import type { Command } from 'commander';

/** The commands under one noun, such as `member`, which may come from several files. */
export function groupNamed(program: Command, name: string, description: string): Command {
  return (
    program.commands.find((command) => command.name() === name) ??
    program.command(name).description(description)
  );
}

/** `--help` ends with these. */
export function withExamples(command: Command, ...examples: string[]): Command {
  const lines = examples.map((example) => `  postern-server ${example}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

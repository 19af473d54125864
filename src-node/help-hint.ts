import type { Command } from 'commander';

/** After a mistake in the words of a command its error ends with where to look. Call it when every command is there. */
export function withHelpHint(program: Command): Command {
  hint(program, program.name());
  return program;
}

function hint(command: Command, words: string): void {
  const isGroup = command.commands.length > 0;
  command.showHelpAfterError(
    isGroup
      ? `${words} --help names the commands; options go after the command.`
      : `${words} --help shows what it takes.`,
  );
  for (const child of command.commands) hint(child, `${words} ${child.name()}`);
}

/** What the `--help` of a command ends with: lines as they are typed. For commander's `addHelpText('after', …)`. */
export function helpExamples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

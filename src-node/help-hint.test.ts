import { Command } from 'commander';
import { expect, test } from 'vitest';
import { withHelpHint } from './help-hint.ts';

function said(...words: string[]): string {
  let text = '';
  const io = {
    writeErr: (part: string) => {
      text += part;
    },
  };
  const program = new Command('tool').exitOverride().configureOutput(io);
  program.command('group').command('do').argument('<what>').option('--config <file>');
  withHelpHint(program);
  try {
    program.parse(words, { from: 'user' });
  } catch {
    return text;
  }
  return 'no mistake';
}

test.each([
  ['an option before the command', ['--config', 'x', 'group', 'do', 'it'], 'options go after the command'],
  ['a command that there is not', ['group', 'undo'], 'tool group --help names the commands'],
  ['an argument that is missing', ['group', 'do'], 'tool group do --help shows what it takes'],
  ['an argument too many', ['group', 'do', 'it', 'now'], 'tool group do --help shows what it takes'],
])('%s is answered with where to look', (_, words, hint) => {
  expect(said(...words)).toMatch(/^error: /);
  expect(said(...words)).toContain(hint);
});

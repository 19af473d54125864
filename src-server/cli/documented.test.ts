import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { commandsIn, documentedCommands } from '../../src-node/testing/documented-commands.ts';
import { serverProgram } from './program.ts';

/** Why `postern-server` would not take these words; null when it would. */
function faultOf(words: readonly string[]): string | null {
  let command: Command = serverProgram();
  let args = 0;
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '…' || word === '...') return null;
    if (word.startsWith('--')) {
      const [name = ''] = word.split('=');
      if (['--help', '--version'].includes(name)) continue;
      const option = optionsOf(command).find(({ long }) => long === name);
      if (!option) return `${command.name()} has no ${name}`;
      if ((option.required || option.optional) && !word.includes('=')) left.shift();
      continue;
    }
    const next: Command | undefined = command.commands.find((each) => each.name() === word);
    if (next) command = next;
    else if (command.commands.length > 0) return `${command.name()} has no ${word}`;
    else args++;
  }
  const taken = command.registeredArguments;
  const isTaken = args <= taken.length || taken.some(({ variadic }) => variadic);
  return isTaken ? null : `${command.name()} takes ${taken.length} arguments`;
}

function optionsOf(command: Command): Command['options'] {
  return [...command.options, ...(command.parent ? optionsOf(command.parent) : [])];
}

test('every command of the server in the documents is one', () => {
  const commands = documentedCommands('postern-server');
  expect(commands.length).toBeGreaterThan(30);
  const faults = commands.flatMap(({ where, words }) => {
    const fault = faultOf(words);
    return fault === null ? [] : [`${where}: ${words.join(' ')}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

test.each([['gateway rename main'], ['member add --mail a@example.com'], ['init twice']])(
  'the check finds %s',
  (line) => {
    expect(faultOf(line.split(' '))).not.toBeNull();
  },
);

/** Every command that does something, with its words. */
function leaves(command: Command, words: readonly string[] = []): { command: Command; words: string }[] {
  if (command.commands.length === 0) return [{ command, words: words.join(' ') }];
  return command.commands.flatMap((child) => leaves(child, [...words, child.name()]));
}

test.each(leaves(serverProgram()))(
  'the help of $words ends with examples, which it takes',
  ({ command, words }) => {
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    const [, shown = ''] = help.split(/^Examples?:/m);
    const examples = shown.split('\n').flatMap((line) => commandsIn(line, 'postern-server'));
    expect(examples.map((typed) => typed.join(' ').startsWith(words))).toContain(true);
    expect(examples.map(faultOf).filter((fault) => fault !== null)).toEqual([]);
  },
);

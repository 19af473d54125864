import { expect, test } from 'vitest';
import { asProgram } from '../src-node/testing/as-program.ts';
import { helperProgram } from './program.ts';

const help = async (...words: string[]) =>
  (await asProgram(() => helperProgram().parseAsync([...words, '--help'], { from: 'user' }))).stdout;

test('every command that the help names ends its own with examples', async () => {
  const [, listed = ''] = (await help()).split(/^Commands:\n/m);
  const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name);
  const commands = names.filter((name) => name !== 'help');
  expect(commands.length).toBeGreaterThan(4);
  for (const command of commands)
    expect(await help(command)).toMatch(new RegExp(`^Examples:\\n +(sudo )?postern-helper ${command}`, 'm'));
});

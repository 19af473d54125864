import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const help = async (room: string, ...words: string[]): Promise<string> => {
  const entry = path.join(import.meta.dirname, '..', room, 'cli.ts');
  return (await promisify(execFile)(process.execPath, [entry, ...words, '--help'])).stdout;
};

test.each(['src-gateway', 'src-helper'])('every command of %s ends its help with examples', async (room) => {
  const [, listed = ''] = (await help(room)).split(/^Commands:\n/m);
  const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name);
  const commands = names.filter((name) => name !== 'help');
  expect(commands.length).toBeGreaterThan(4);
  for (const command of commands)
    expect(await help(room, command)).toMatch(
      new RegExp(`^Examples:\\n +(sudo )?postern-(gateway|helper) ${command}`, 'm'),
    );
});

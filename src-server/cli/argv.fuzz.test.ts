import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Command, CommanderError } from 'commander';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fuzz, hostileText } from '../../src-shared/testing/fuzz.ts';
import { ServerFolder } from '../testing/server-folder.ts';
import { serverProgram } from './program.ts';

/** They do not end by themselves, or look at the machine and not at their words. */
const LEFT_OUT = ['start', 'doctor', 'init', 'help'];
const ENDLESS = ['--follow'];
/** What a person gets to see only where nobody thought of a case. */
const FAULT =
  /\n\s+at |Cannot read|is not a function|is not iterable|Unexpected token|SQLITE|constraint failed|ZodError|\[object/;
const EXITS = [0, 1, 2];

let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  const gateway = ['gateway', 'add', 'main', '--subnet', '10.86.0.0/24', '--allowed-ips', '10.20.0.0/16'];
  expect(await folder.command(gateway)).toMatchObject({ status: 0 });
  folder.keep();
}, 60_000);
afterAll(() => folder.remove());

interface Leaf {
  path: string[];
  command: Command;
}

function leaves(command: Command, path: string[] = []): Leaf[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands
    .filter((child) => !LEFT_OUT.includes(child.name()))
    .flatMap((child) => leaves(child, [...path, child.name()]));
}

const known = fc.constantFrom(
  ...['owner@test.example', 'Owner', 'main', '10.99.0.0/24', 'fd00::/64', '10.20.0.53', '1420', '0', '-1'],
  ...['members:read', '2026-01-31', '2099-01-01', 'idleSeconds=240', 'unlockMethods=pin', 'none', 'jsonl'],
);
const word = fc.oneof(known, hostileText);

/** Words of a command as they are, nearly are, or nobody expects. Files that it makes are made in the folder. */
function wordsOf({ path, command }: Leaf): fc.Arbitrary<string[]> {
  const options = command.options
    .filter(({ long }) => !ENDLESS.includes(long ?? '') && long !== '--config')
    .map(({ long, flags, required, optional }) => {
      const name = long ?? '';
      if (!required && !optional) return fc.constant<string[]>([name]);
      const values = flags.includes('<file>') ? fc.constantFrom('made', 'none/made', '').map(inFolder) : word;
      return values.map((value): string[] => [name, value]);
    });
  const given = options.map((option) => fc.option(option, { nil: [] as string[], freq: 2 }));
  const args = fc.array(word, { maxLength: command.registeredArguments.length + 1 });
  return fc
    .tuple(args, ...given)
    .map(([positional, ...chosen]) => [...path, ...chosen.flat(), ...(positional ?? [])]);
}
const inFolder = (name: string): string => join(folder?.path ?? '', name);

async function run(words: string[]): Promise<{ status: number; said: string }> {
  let said = '';
  const program = serverProgram();
  const write = (text: string): void => {
    said += text;
  };
  const tame = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write });
    command.commands.forEach(tame);
  };
  tame(program);
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      write(String(text));
      return true;
    }),
  );
  // That of a test's process never ends, and a password would be waited for.
  const stdin = Readable.from(['a long enough passphrase 8\n']) as typeof process.stdin;
  const typed = vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin);
  try {
    await program.parseAsync([...words, '--config', folder.config], { from: 'user' });
    return { status: Number(process.exitCode ?? 0), said };
  } catch (error) {
    if (error instanceof CommanderError) return { status: error.exitCode, said };
    return { status: 1, said: `${said}${error instanceof Error ? error.message : error}` };
  } finally {
    for (const spy of [...spies, typed]) spy.mockRestore();
    process.exitCode = undefined;
  }
}

const {
  name,
  run: tried,
  timeoutMs,
} = fuzz(
  'whatever words postern-server is given, it ends with a code of its list and a sentence, not with a fault',
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...leaves(serverProgram())).chain(wordsOf) },
    fc.array(word, { maxLength: 4 }).filter(([first = '']) => !LEFT_OUT.includes(first)),
  ),
  async (words) => {
    const { status, said } = await run(words);
    const told = `${JSON.stringify(words)} ${status} ${said.slice(0, 500)}`;
    expect(EXITS, told).toContain(status);
    expect(said, told).not.toMatch(FAULT);
    if (status !== 0) expect(said.trim(), told).not.toBe('');
    // As it was, where something was made or ended.
    folder.goBack();
  },
  { tries: 200 },
);
test(name, tried, timeoutMs);

import { expect, test } from 'vitest';
import { parseCommandLine } from '../../src-cli/program.ts';
import { documentedCommands } from '../../src-node/testing/documented-commands.ts';

/** Words that stand for what a person fills in. */
const isLeftOut = (words: readonly string[]): boolean => words.some((word) => /…|\.\.\./.test(word));

test('every command of the terminal client in the documents is one', () => {
  const io = { out: () => undefined, env: {}, version: '0' };
  const commands = documentedCommands('postern').filter(({ words }) => words.length > 0 && !isLeftOut(words));
  expect(commands.length).toBeGreaterThan(10);
  const faults = commands.flatMap(({ where, words }) => {
    const parsed = parseCommandLine(words, io);
    return parsed.kind === 'misused' ? [`${where}: ${words.join(' ')}: ${parsed.detail}`] : [];
  });
  expect(faults).toEqual([]);
});

import { expect, test } from 'vitest';
import { parseCommandLine } from './program.ts';

/** What the client prints, and what it made of the words. */
function run(words: readonly string[]) {
  let printed = '';
  const out = (text: string) => {
    printed += text;
  };
  const parsed = parseCommandLine(words, { out, env: {}, version: '0' });
  return { parsed, printed };
}

/** Every command that does something, as the help names them. */
function leaves(before: readonly string[] = []): string[][] {
  const [, listed = ''] = run([...before, '--help']).printed.split(/^Commands:\n/m);
  const [block = ''] = listed.split(/^\S/m);
  const names = [...block.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name);
  const children = names.filter((name) => name !== 'help');
  return children.length === 0 ? [[...before]] : children.flatMap((name) => leaves([...before, name]));
}

test('the help of every command ends with examples, which it takes', () => {
  const all = leaves();
  expect(all.length).toBeGreaterThan(20);
  for (const words of all) {
    const [, shown = ''] = run([...words, '--help']).printed.split(/^Examples:/m);
    const examples = [...shown.matchAll(/^ {2}postern (.+)$/gm)].map(([, typed = '']) => typed.split(' '));
    expect([words, examples.length]).not.toEqual([words, 0]);
    for (const typed of examples)
      expect([typed, run(typed).parsed]).toEqual([typed, expect.objectContaining({ kind: 'run' })]);
  }
});

import fc from 'fast-check';
import { expect } from 'vitest';
import { fuzz, hostileText } from './fuzz.ts';

const STACK = /\n\s+at \S|node:internal/;

export interface FuzzedProgram {
  name: string;
  /** The codes of its documentation. */
  exits: readonly number[];
  /** Of its command line. What would set up this machine is left out. */
  words: readonly string[];
  tries: number;
  /** `config`: what its file holds; null: none is named. */
  run(
    argv: readonly string[],
    config: string | null,
  ): Promise<{ status: number; stdout: string; stderr: string }>;
}

/** No argument can have a zero byte, and none is to name a file outside of the folder. */
const isPlain = (word: string): boolean => !/\0|^\/|\.\./.test(word) && word.isWellFormed();

export function argvFuzz({ name, exits, words, tries, run }: FuzzedProgram) {
  const word = fc.oneof(fc.constantFrom(...words), hostileText.filter(isPlain));
  const config = fc.oneof(hostileText, fc.constantFrom('[a]\nb = 1\nb = 2', 'serverUrl = 1'));
  return fuzz(
    `whatever words and configuration ${name} is given, it ends with a code of its list and without a stack`,
    fc.record({ argv: fc.array(word, { maxLength: 5 }), config: fc.option(config) }),
    async ({ argv, config }) => {
      const { status, stdout, stderr } = await run(argv, config);
      const said = stdout + stderr;
      const told = `${JSON.stringify(argv)} ${status} ${said.slice(0, 500)}`;
      expect(exits, told).toContain(status);
      expect(said, told).not.toMatch(STACK);
      if (status !== 0) expect(said.trim(), told).not.toBe('');
    },
    { tries },
  );
}

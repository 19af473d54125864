import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const checkout = path.join(import.meta.dirname, '../..');

export interface DocumentedCommand {
  /** File and line. */
  where: string;
  /** As a shell would split it, without the program. */
  words: string[];
}

/** What the README and the documents tell people to type, in blocks and in the text, for this program. */
export function documentedCommands(program: string): DocumentedCommand[] {
  const pages = readdirSync(path.join(checkout, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...pages.map((name) => `docs/${name}`)].flatMap((file) => {
    let isBlock = false;
    return readFileSync(path.join(checkout, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        if (line.startsWith('```')) isBlock = line.startsWith('```sh');
        const texts = isBlock ? [line] : [...line.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');
        return texts.flatMap((text) =>
          commandsIn(text, program).map((words) => ({ where: `${file}:${index + 1}`, words })),
        );
      });
  });
}

/** What a line runs this program with, each time; a command ends where the shell's does. */
export function commandsIn(line: string, program: string): string[][] {
  const found: string[][] = [];
  let words: string[] | null = null;
  let isFirst = true;
  let before = '';
  for (const [token] of line.matchAll(/(?:'[^']*'|"[^"]*"|\$\([^)]*\)|[^\s'"$]|\$(?!\())+/g)) {
    if (token.startsWith('#')) break;
    const isUser = before === '-u';
    before = token;
    if (/^(\||\|\||&&|;|>|>>|<|2>|\\)$/.test(token)) {
      words = null;
      isFirst = /^(\||\|\||&&|;)$/.test(token);
    } else if (words) {
      words.push(token.replace(/^(['"])(.*)\1$/, '$2').replace(/;$/, ''));
      if (token.endsWith(';')) words = null;
    } else if (isFirst && !isUser && token === program) {
      words = [];
      found.push(words);
    } else isFirst = isUser || ['sudo', '-u', '$'].includes(token);
  }
  return found;
}

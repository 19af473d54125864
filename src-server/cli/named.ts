import { fail, ok, type ProblemCode, type Result } from '../../src-shared/problem.ts';
import { fold } from '../db/database.ts';

/** One of the things that a word on the command line may mean. */
export interface Candidate {
  id: string;
  /** What people call it; several may have the same. */
  name: string;
  /** Further words that mean this one alone, such as an e-mail address. */
  aliases?: readonly string[];
  /** Tells it from others of its name. */
  hint?: string;
}

export interface Kind {
  noun: string;
  /** What is true of all of them, such as `that works`. */
  which?: string;
  notFound: ProblemCode;
  /** The command that shows them. */
  list: string;
}

/**
 * The one that `text` means: by id or another word of its own, else by name, whatever its case and accents. `notFound`
 * when there is none; `invalid-request` with all of them when there are several.
 */
export function oneNamed<C extends Candidate>(kind: Kind, text: string, candidates: readonly C[]): Result<C> {
  const wanted = fold(text.trim());
  const own = candidates.find(({ id, aliases = [] }) =>
    [id, ...aliases].some((word) => fold(word) === wanted),
  );
  if (own) return ok(own);
  const exact = candidates.filter(({ name }) => name === text.trim());
  const named = exact.length > 0 ? exact : candidates.filter(({ name }) => fold(name) === wanted);
  const [first] = named;
  if (!first) return fail(kind.notFound, missing(kind, text));
  if (named.length === 1) return ok(first);
  const choices = named.map(({ id, name, hint }) => ({ id, name, ...(hint ? { hint } : {}) }));
  const lines = choices.map((choice) => `  ${Object.values(choice).join('  ')}`);
  return fail(
    'invalid-request',
    `${text} is the name of ${named.length}. Say which by its id:\n${lines.join('\n')}`,
    {
      choices,
    },
  );
}

function missing({ noun, which, list }: Kind, text: string): string {
  const what = [noun, text, which].filter(Boolean).join(' ');
  return `There is no ${what}. "postern-server ${list}" shows them.`;
}

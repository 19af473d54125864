/** Rows of keyboards (US, German, French), the alphabet and the digits: what is typed without thinking of anything. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop[]',
  'asdfghjkl;',
  'zxcvbnm,./',
  'qwertzuiopü+',
  'asdfghjklöä#',
  'yxcvbnm,.-',
  'azertyuiop',
  'qsdfghjklm',
];
const backwards = (text: string): string => [...text].toReversed().join('');
const LINES = ROWS.flatMap((row) => [row, backwards(row)]);
/** Shorter ones are in many good passwords. */
const SHORTEST_RUN = 3;

/** Whether a password, in lower case, is one short piece over and over, or nothing but runs along a row of the keyboard. */
export function isPattern(password: string): boolean {
  const letters = [...password];
  if (new Set(letters).size < 4) return true;
  const period = shortestPeriod(letters);
  return (period <= 6 && period * 2 <= letters.length) || isAllRuns(password);
}

/** Length of the shortest piece that, repeated and cut off, is the whole (Knuth, Morris and Pratt's failure function). */
function shortestPeriod(letters: readonly string[]): number {
  const fallback = [0];
  for (let at = 1, length = 0; at < letters.length; at++) {
    while (length > 0 && letters[at] !== letters[length]) length = fallback[length - 1] ?? 0;
    if (letters[at] === letters[length]) length += 1;
    fallback[at] = length;
  }
  return letters.length - (fallback.at(-1) ?? 0);
}

/** Two letters or fewer may stand beside the runs. */
function isAllRuns(password: string): boolean {
  let others = 0;
  for (let at = 0; at < password.length; ) {
    const length = runAt(password, at);
    if (length === 0) others += 1;
    if (others > 2) return false;
    at += Math.max(1, length);
  }
  return true;
}

/** How many letters from `at` on follow each other in a row; 0 where fewer than three do. */
function runAt(password: string, at: number): number {
  let longest = 0;
  for (const line of LINES) {
    let length = SHORTEST_RUN;
    while (at + length <= password.length && line.includes(password.slice(at, at + length))) length += 1;
    if (length > SHORTEST_RUN) longest = Math.max(longest, length - 1);
  }
  return longest;
}

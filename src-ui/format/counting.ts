/** Numbers and counted words as a language writes them: `1,204`, `1 member`, `1,204 members`. */
export function countingIn(locale: string) {
  const format = new Intl.NumberFormat(locale);
  const number = (value: number): string => format.format(value);
  const plural = (count: number, one: string, other: string): string =>
    `${number(count)} ${count === 1 ? one : other}`;
  return { number, plural };
}

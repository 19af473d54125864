import { existsSync } from 'node:fs';

/** Where what is replaced at `now` is kept beside `path`: a name that nothing has yet, whatever was kept in that second. */
export function keptName(path: string, now: number, why: 'restore' | 'rotation' = 'restore'): string {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const wanted = `${path}.before-${why}-${stamp}`;
  let name = wanted;
  for (let count = 2; existsSync(name); count += 1) name = `${wanted}-${count}`;
  return name;
}

import { existsSync } from 'node:fs';

/** Where what is replaced at `now` is kept beside `path`: a name that nothing has yet, whatever was kept in that second. */
export function keptName(path: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const wanted = `${path}.before-restore-${stamp}`;
  let name = wanted;
  for (let count = 2; existsSync(name); count += 1) name = `${wanted}-${count}`;
  return name;
}

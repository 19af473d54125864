import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is in a folder, in memory; folders stand before what is in them. */
export type KeptFiles = readonly { name: string; mode: number; content: Buffer | null }[];

export function keepFiles(folder: string): KeptFiles {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const stats = statSync(path);
      return { name, mode: stats.mode & 0o777, content: stats.isDirectory() ? null : readFileSync(path) };
    });
}

/** Into a folder that is there and empty. */
export function writeFiles(files: KeptFiles, folder: string): void {
  for (const { name, mode, content } of files)
    if (content === null) mkdirSync(join(folder, name), { mode });
    else writeFileSync(join(folder, name), content, { mode });
}

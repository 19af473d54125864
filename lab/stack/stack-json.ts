import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type StackFile, stackFile } from '../../src-shared/stack-file.ts';

const stackJson = (folder: string): string => path.join(folder, 'stack.json');

/** Writes `stack.json` in one step, so that a reader sees nothing or all of it. */
export function writeStackFile(folder: string, content: StackFile): void {
  const draft = `${stackJson(folder)}.new`;
  writeFileSync(draft, `${JSON.stringify(stackFile.parse(content), null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, stackJson(folder));
}

export function removeStackFile(folder: string): void {
  rmSync(stackJson(folder), { force: true });
}

/** The running stack in `folder`, or null when there is none. */
export function readStackFile(folder: string): StackFile | null {
  try {
    return stackFile.parse(JSON.parse(readFileSync(stackJson(folder), 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

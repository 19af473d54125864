import { accessSync, constants, fchownSync, lchownSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Mistake, mistakeLine } from './mistake.ts';
import { userName } from './passwd.ts';

export type FileTrouble =
  | { kind: 'missing' }
  /** `text`: one line with the owner and the command that mends it, which `mistake` has apart. */
  | { kind: 'denied'; text: string; mistake: Mistake };

/** Why this process cannot use a file or folder; null when it can. */
export function fileTrouble(path: string, need: 'read' | 'write' = 'read'): FileTrouble | null {
  const full = resolve(path);
  // What is in a closed folder looks as if it were not there.
  const closed = foldersAbove(full).find((folder) => !isAllowed(folder, constants.X_OK));
  if (closed !== undefined && ownerOf(closed) !== null) return denied(closed, 'is closed to', '-R ');
  if (ownerOf(full) === null) return { kind: 'missing' };
  const mode = need === 'read' ? constants.R_OK : constants.R_OK | constants.W_OK;
  return isAllowed(full, mode) ? null : denied(full, `cannot be ${need === 'read' ? 'read' : 'written'} by`);
}

/** What was made as root in somebody's folder is theirs, so that a service can go on with what root began for it. */
export function giveToFolderOwner(path: string, descriptor?: number): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(resolve(path)));
  if (uid === 0) return;
  if (descriptor === undefined) lchownSync(path, uid, gid);
  else fchownSync(descriptor, uid, gid);
}

function denied(path: string, what: string, recursive = ''): FileTrouble {
  const owner = ownerOf(path) ?? 0;
  const me = process.getuid?.() ?? 0;
  const folderOwner = ownerOf(dirname(path)) ?? 0;
  const service = owner !== 0 ? owner : folderOwner !== 0 ? folderOwner : me;
  const remedy =
    owner === service && owner !== me
      ? `run this as its owner: sudo -u ${userName(owner)} …`
      : owner === me
        ? `run: chmod u+rw ${path}`
        : `run: chown ${recursive}${userName(service)}: ${path}`;
  const mistake = { detail: `${path} belongs to ${userName(owner)} and ${what} ${userName(me)}`, remedy };
  return { kind: 'denied', text: mistakeLine(mistake), mistake };
}

function foldersAbove(path: string): string[] {
  const above: string[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
    above.unshift(folder);
  return above;
}

function ownerOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.uid ?? null;
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

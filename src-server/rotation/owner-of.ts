import { chownSync, statSync } from 'node:fs';

/** Whoever could read the one of before can read the one after it. */
export function giveToOwnerOf(present: string, file: string): void {
  const { uid, gid } = statSync(present);
  chownSync(file, uid, gid);
}

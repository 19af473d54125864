import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { giveToFolderOwner } from './file-owner.ts';

/** A new file for its owner alone, who is the owner of the folder, on the disk when this returns; throws with EEXIST. */
export function makePrivateFile(file: string, content = ''): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    giveToFolderOwner(file, descriptor);
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Has a file, or the names in a folder, on the disk before anything counts on it. */
export function flush(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

import { dirname, resolve } from 'node:path';
import { fileTrouble } from '../../../src-node/file-owner.ts';
import type { ServerConfig } from '../../config.ts';
import { outFolderMistake } from '../run-command.ts';

/** Why `--write-to` cannot make this file; null: it can. */
export function newKeyFileMistake(writeTo: string, { keysDir }: ServerConfig): string | null {
  if (dirname(writeTo) === resolve(keysDir))
    return `--write-to: ${keysDir} is the server's own; name a file in another folder`;
  if (fileTrouble(writeTo)?.kind !== 'missing')
    return `--write-to: ${writeTo} is there already, and is not replaced`;
  return outFolderMistake(writeTo)?.replace('--out', '--write-to') ?? null;
}

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLAIM_PREFIX } from './claim.ts';

/** The checkout that this script belongs to. */
export const checkout = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
/** What a user would start; `node` is what the three others and the terminal client run on. */
export const programPath = (name: 'server' | 'gateway' | 'helper' | 'node'): string =>
  path.join(checkout, `bin/postern-${name}`);

/** How each part is started, before its arguments. `addMembers`: see `add-members.ts`. */
export type Programs = Record<'server' | 'gateway' | 'helper' | 'addMembers', readonly string[]>;

/** The parts of this checkout. */
export const ownPrograms: Programs = {
  server: [programPath('server')],
  gateway: [programPath('gateway')],
  helper: [programPath('helper')],
  addMembers: [process.execPath, path.join(checkout, 'lab/stack/add-members.ts')],
};

/** A Unix socket's path holds 107 bytes (unix(7)); this is left for what stands below the sockets' folder. */
const MAX_SOCKET_FOLDER_BYTES = 56;

export interface StackFolders {
  base: string;
  logs: string;
  server: string;
  gateways: string;
  laptop: string;
  /** Sockets; a short path even when `base` is deep. */
  sockets: string;
}

/** Makes the folders of a fresh stack (0700) in `base`; what an earlier stack left there is deleted. */
export function makeFolders(base: string, stackNumber: number): StackFolders {
  const near = path.join(base, 'run');
  const isNear = Buffer.byteLength(near) <= MAX_SOCKET_FOLDER_BYTES;
  const folders: StackFolders = {
    base,
    logs: path.join(base, 'logs'),
    server: path.join(base, 'server'),
    gateways: path.join(base, 'gateways'),
    laptop: path.join(base, 'laptop'),
    sockets: isNear ? near : `${CLAIM_PREFIX}${stackNumber}.run`,
  };
  const { base: _, ...below } = folders;
  for (const folder of Object.values(below)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  }
  return folders;
}

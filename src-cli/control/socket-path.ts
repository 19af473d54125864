import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** `sun_path` holds 108 bytes with its NUL; some room is left for the name under which a stale socket is set aside. */
export const MAX_SOCKET_PATH_BYTES = 95;

/**
 * Where the running `connect` of a profile listens. In the profile folder, so that every terminal finds it whatever
 * its environment; a folder with a long path moves it to `runtimeDir` (XDG_RUNTIME_DIR) or else to a folder in `tmpDir`.
 */
export function controlSocketPath(options: {
  profileDir: string;
  runtimeDir: string | undefined;
  tmpDir: string;
  uid: number;
}): string {
  const profile = resolve(options.profileDir);
  const beside = join(profile, 'control.sock');
  if (Buffer.byteLength(beside) <= MAX_SOCKET_PATH_BYTES) return beside;
  const name = `${createHash('sha256').update(profile).digest('hex').slice(0, 16)}.sock`;
  const folders = [
    ...(options.runtimeDir ? [join(options.runtimeDir, 'postern')] : []),
    join(options.tmpDir, `postern-${options.uid}`),
    `/tmp/postern-${options.uid}`,
  ];
  const paths = folders.map((folder) => join(folder, name));
  return paths.find((path) => Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) ?? beside;
}

/** Makes the socket's folder (0700) and says what is wrong with it when others could reach into it; null: all well. */
export async function preparePrivateFolder(socketPath: string, uid: number): Promise<string | null> {
  const folder = dirname(socketPath);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory()) return `${folder} is not a folder.`;
  if (found.uid !== uid) return `${folder} belongs to another user.`;
  if ((found.mode & 0o077) !== 0) return `Others may enter ${folder}. Run: chmod 700 '${folder}'`;
  return null;
}

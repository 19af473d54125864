import { once } from 'node:events';
import { mkdir, rm, stat } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { sleep } from '../backoff.ts';

/** Where wireguard-go keeps its control sockets, and where the locks lie beside them. */
export const WIREGUARD_RUN_DIRECTORY = '/var/run/wireguard';

export interface InterfaceLock {
  /** A process of ours held the name before and never let go: what it left may be removed. */
  readonly wasAbandoned: boolean;
  release(): Promise<void>;
}

/** Whether somebody listens at a unix socket; a socket file whose process has died counts as no. */
export async function isSocketAlive(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

/**
 * Claims an interface name for this process. The claim is a listening unix socket: the kernel ends it with the
 * process, even on kill -9, while its file stays and tells the next start. `null` when a live process holds it.
 */
export async function lockInterface(
  interfaceName: string,
  directory: string = WIREGUARD_RUN_DIRECTORY,
): Promise<InterfaceLock | null> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const path = join(directory, `${interfaceName}.lock`);
  const wasAbandoned = await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (wasAbandoned) {
    // A holder that is just being killed answers for a moment longer.
    for (let tries = 0; await isSocketAlive(path); tries += 1) {
      if (tries >= 10) return null;
      await sleep(50);
    }
    await rm(path, { force: true });
  }
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  try {
    await once(server, 'listening');
  } catch (error) {
    // Another process was faster between the look and the claim.
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return null;
    throw error;
  }
  server.unref();
  return {
    wasAbandoned,
    release: () =>
      new Promise((resolve) => {
        // Closing removes the file.
        server.close(() => resolve());
      }),
  };
}

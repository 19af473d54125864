import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import type { CallerIdentity, CallerStream, Callers } from '../platform.ts';
import type { Libc } from './libc.ts';
import { type CallerRule, isAllowedCaller, peerCredentials } from './peer-credentials.ts';

export interface UnixCallersOptions {
  socketPath: string;
  rule: CallerRule;
  libc: Libc;
}

/** Callers over a unix socket, for whom the kernel vouches. */
export class UnixCallers implements Callers {
  readonly #options: UnixCallersOptions;
  #server: Server | null = null;

  constructor(options: UnixCallersOptions) {
    this.#options = options;
  }

  /**
   * Listens with 0660 for the group, 0600 without one, or 0666 when users are allowed by uid: the kernel's word on
   * the caller decides in any case. Rejects when another helper serves this socket.
   */
  async listen(accept: (stream: CallerStream, caller: CallerIdentity | null) => void): Promise<void> {
    const { socketPath, rule, libc } = this.#options;
    if (await isServed(socketPath)) throw new Error(`another helper listens on ${socketPath}`);
    mkdirSync(dirname(socketPath), { recursive: true, mode: 0o755 });
    rmSync(socketPath, { force: true });
    const server = createServer((socket) => {
      const credentials = peerCredentials(libc, socket);
      const caller = credentials && {
        user: String(credentials.uid),
        isAdministrator: credentials.uid === 0,
        isAllowed: isAllowedCaller(credentials, rule),
        pid: credentials.pid,
      };
      accept(socket, caller);
    });
    this.#server = server;
    // Nobody connects between the moment the socket appears and the moment its mode is right.
    const previousMask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(socketPath, resolve);
      });
    } finally {
      process.umask(previousMask);
    }
    if (rule.gid !== null) chownSync(socketPath, 0, rule.gid);
    if (rule.uids.length > 0) chmodSync(socketPath, 0o666);
    else if (rule.gid !== null) chmodSync(socketPath, 0o660);
  }

  /** Removes the socket. Resolves when the last connection is gone. */
  close(): Promise<void> {
    const server = this.#server;
    return new Promise((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from 'pino';
import { sleep } from '../backoff.ts';
import { findProgram, SCRUBBED_ENV } from '../run-program.ts';
import type { WgChange, WgDevice, WgPeerStats } from './device.ts';
import { WgDeviceError } from './device-error.ts';
import { isSocketAlive, WIREGUARD_RUN_DIRECTORY } from './interface-lock.ts';
import { replacementFor } from './peer-diff.ts';
import { UapiConnection } from './uapi-connection.ts';
import { encodeSet, parseReply, UAPI_GET, type UapiPeer } from './uapi-text.ts';

const START_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 2_000;

function spawnWireguardGo(program: string, interfaceName: string): ChildProcess {
  // The tunnel must not outlive us, even on kill -9: the kernel then ends the child, and with it the interface.
  const setpriv = findProgram('setpriv');
  const [path, args] = setpriv
    ? [setpriv, ['--pdeathsig', 'KILL', program, '-f', interfaceName]]
    : [program, ['-f', interfaceName]];
  return spawn(path, args, {
    cwd: '/',
    // The second variable turns off the advice to use the kernel, which was tried before.
    env: { ...SCRUBBED_ENV, LOG_LEVEL: 'error', WG_PROCESS_FOREGROUND: '1' },
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** `wireguard-go` as a child process, driven over its UAPI socket: no program is started for a change. */
class UserspaceDevice implements WgDevice {
  readonly kind = 'userspace';
  readonly interfaceName: string;
  readonly ended: Promise<{ reason: string }>;
  readonly #child: ChildProcess;
  readonly #socketPath: string;
  readonly #connection: UapiConnection;
  /** Figures are read beside it, so that a long list of peers never stands before a change. */
  readonly #reader: UapiConnection;
  readonly #exited: Promise<string>;
  #closing: Promise<void> | null = null;
  #replacing: Promise<void> | null = null;

  constructor(interfaceName: string, socketPath: string, child: ChildProcess, exited: Promise<string>) {
    this.interfaceName = interfaceName;
    this.#socketPath = socketPath;
    this.#child = child;
    this.#exited = exited;
    this.#connection = new UapiConnection(socketPath);
    this.#reader = new UapiConnection(socketPath);
    this.ended = new Promise((resolve) => {
      void exited.then((reason) => {
        if (this.#closing) return;
        this.#disconnect();
        resolve({ reason });
      });
    });
  }

  apply(change: WgChange): Promise<void> {
    // A replacement reads before it writes; nothing may come between.
    if (this.#replacing) return this.#replacing.then(() => this.apply(change));
    // A new private key ends every session anyway; without one, peers that stay the same keep theirs.
    if (!change.replacePeers || change.privateKey !== undefined) return this.#set(change);
    const replaced = this.#get(this.#connection).then((now) => this.#set(replacementFor(now, change)));
    const settled = replaced.then(
      () => undefined,
      () => undefined,
    );
    this.#replacing = settled;
    void settled.then(() => {
      if (this.#replacing === settled) this.#replacing = null;
    });
    return replaced;
  }

  async peers(): Promise<WgPeerStats[]> {
    const peers = await this.#get(this.#reader);
    return peers.map(({ presharedKey: _, keepaliveSeconds: __, ...stats }) => stats);
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #set(change: WgChange): Promise<void> {
    const { errno } = parseReply(await this.#connection.request(encodeSet(change)));
    if (errno !== 0) throw new WgDeviceError(`WireGuard refused the change (errno ${errno})`, errno);
  }

  async #get(connection: UapiConnection): Promise<UapiPeer[]> {
    const { errno, peers } = parseReply(await connection.request(UAPI_GET));
    if (errno !== 0) throw new WgDeviceError(`WireGuard refused to answer (errno ${errno})`, errno);
    return peers;
  }

  #disconnect(): void {
    this.#connection.close();
    this.#reader.close();
  }

  async #stop(): Promise<void> {
    this.#disconnect();
    this.#child.kill('SIGTERM');
    const stopped = new AbortController();
    const first = await Promise.race([this.#exited, sleep(STOP_LIMIT_MS, stopped.signal)]);
    stopped.abort();
    if (first === 'elapsed') this.#child.kill('SIGKILL');
    await this.#exited;
    await rm(this.#socketPath, { force: true });
  }
}

/**
 * Starts `wireguard-go` for a name that is free and waits for its control socket (10 s at most). Throws with the
 * program's own words when it does not come up.
 */
export async function startUserspaceDevice(
  program: string,
  interfaceName: string,
  log: Logger,
): Promise<WgDevice> {
  const socketPath = join(WIREGUARD_RUN_DIRECTORY, `${interfaceName}.sock`);
  // A predecessor that is just being killed may hold its socket for a moment longer than its interface.
  for (let tries = 0; await isSocketAlive(socketPath); tries += 1) {
    if (tries >= 20) {
      throw new WgDeviceError(`another process serves ${socketPath}: the interface name is taken`);
    }
    await sleep(50);
  }
  const child = spawnWireguardGo(program, interfaceName);
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      if (words.length < 20) words.push(line);
      log.warn({ interfaceName, line }, 'wireguard-go says');
    });
  }
  const exited = Promise.race([
    once(child, 'close').then(([code, signal]) => `wireguard-go ended (${signal ?? `status ${code}`})`),
    once(child, 'error').then(([error]) => `wireguard-go did not start: ${error}`),
  ]);
  let gone: string | null = null;
  void exited.then((reason) => {
    gone = reason;
  });
  const giveUpAt = performance.now() + START_LIMIT_MS;
  while (!(await isSocketAlive(socketPath))) {
    if (gone !== null) throw new WgDeviceError([gone, ...words].join('\n'));
    if (performance.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new WgDeviceError(`wireguard-go opened no control socket within ${START_LIMIT_MS} ms`);
    }
    await sleep(3);
  }
  return new UserspaceDevice(interfaceName, socketPath, child, exited);
}

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../backoff.ts';
import { inTurn } from '../in-turn.ts';
import { runProgram } from '../run-program.ts';
import type { WgChange, WgDevice, WgPeerStats } from './device.ts';
import { WgDeviceError } from './device-error.ts';
import { WIREGUARD_RUN_DIRECTORY } from './interface-lock.ts';
import { deleteInterface, hasInterface, runIp } from './network-interface.ts';
import { parseWgDump, type WgInterfaceSettings, wgCallsFor } from './wg-text.ts';

const WATCH_INTERVAL_MS = 2_000;

/** An open file (0600, in memory under /run) that has no name any more: `wg` reads secrets from it as `/dev/stdin`. */
async function openNameless(content: string): Promise<FileHandle> {
  const path = join(WIREGUARD_RUN_DIRECTORY, `.${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  await file.writeFile(content);
  return file;
}

/** The kernel's WireGuard through `wg` (wireguard-tools). Changes run one after the other, in the order asked for. */
export class KernelDevice implements WgDevice {
  readonly kind = 'kernel';
  readonly interfaceName: string;
  readonly ended: Promise<{ reason: string }>;
  readonly #wg: string;
  readonly #closed = new AbortController();
  #settings: WgInterfaceSettings = {};
  readonly #inTurn = inTurn();
  #closing: Promise<void> | null = null;

  /** For an interface that exists; `wg` is the absolute path of the program. */
  constructor(wg: string, interfaceName: string) {
    this.#wg = wg;
    this.interfaceName = interfaceName;
    this.ended = new Promise((resolve) => {
      void this.#untilGone().then((isGone) => {
        if (isGone) resolve({ reason: `interface ${interfaceName} was deleted` });
      });
    });
  }

  apply(change: WgChange): Promise<void> {
    const { privateKey, listenPort, fwmark } = change;
    this.#settings = {
      ...this.#settings,
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(listenPort === undefined ? {} : { listenPort }),
      ...(fwmark === undefined ? {} : { fwmark }),
    };
    const calls = wgCallsFor(this.interfaceName, change, this.#settings);
    return this.#inTurn(async () => {
      for (const { args, stdin } of calls) await this.#run(args, stdin);
    });
  }

  peers(): Promise<WgPeerStats[]> {
    return this.#inTurn(async () => parseWgDump(await this.#run(['show', this.interfaceName, 'dump'], '')));
  }

  close(): Promise<void> {
    this.#closed.abort();
    this.#closing ??= this.#inTurn(() => deleteInterface(this.interfaceName));
    return this.#closing;
  }

  async #run(args: string[], stdin: string): Promise<string> {
    const input = await openNameless(stdin);
    try {
      const result = await runProgram({ path: this.#wg, args, stdinFile: input.fd });
      if (!result.ok) throw new WgDeviceError(result.message);
      return result.stdout;
    } finally {
      await input.close();
    }
  }

  async #untilGone(): Promise<boolean> {
    while ((await sleep(WATCH_INTERVAL_MS, this.#closed.signal)) === 'elapsed') {
      if (!(await hasInterface(this.interfaceName))) return !this.#closed.signal.aborted;
    }
    return false;
  }
}

/** Makes a kernel interface; null when this kernel has no WireGuard, a throw for any other refusal. */
export async function startKernelDevice(wg: string, interfaceName: string): Promise<WgDevice | null> {
  const made = await runIp(['link', 'add', 'dev', interfaceName, 'type', 'wireguard']);
  if (made.ok) return new KernelDevice(wg, interfaceName);
  if (/Unknown device type|Operation not supported|not supported/i.test(made.stderr)) return null;
  throw new WgDeviceError(`interface ${interfaceName} cannot be made: ${made.message}`);
}

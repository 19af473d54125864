import { createConnection } from 'node:net';
import { findProgram, type ProgramRequest, type ProgramResult } from '../../src-node/run-program.ts';
import type { Names } from '../platform.ts';
import { type Isolation, readIsolation } from './isolation.ts';
import type { HelperState } from './state-file.ts';

export type DnsManager = NonNullable<HelperState['dns']>['manager'];

const RESOLVED_SOCKET = '/run/systemd/resolve/io.systemd.Resolve';

export interface ResolverOptions {
  interfaceName: string;
  run: (request: ProgramRequest) => Promise<ProgramResult>;
  /** Absolute path of a program, or null. */
  find?: (name: string) => string | null;
  resolvedSocket?: string;
  isolation?: Isolation;
  /** Resolves when it is on disk. */
  writeDns: (dns: HelperState['dns']) => Promise<void>;
}

/** Sets the name servers of the tunnel with what the system has for it: systemd-resolved, else resolvconf. */
export class Resolver implements Names {
  readonly #options: ResolverOptions;
  readonly #find: (name: string) => string | null;
  readonly #isolation: Isolation;
  #inForce: DnsManager | null = null;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#find = options.find ?? findProgram;
    this.#isolation = options.isolation ?? readIsolation();
  }

  async set(servers: readonly string[]): Promise<DnsManager | 'unmanaged'> {
    const { interfaceName, writeDns } = this.#options;
    const manager = await this.#manager();
    if (this.#inForce !== null && this.#inForce !== manager) await this.unset();
    if (manager === null) return 'unmanaged';
    await writeDns({ manager, interfaceName });
    this.#inForce = manager;
    if (manager === 'resolved') {
      await this.#run('resolvectl', ['dns', interfaceName, ...servers]);
      await this.#run('resolvectl', ['domain', interfaceName, '~.']);
    } else {
      const lines = servers.map((server) => `nameserver ${server}\n`).join('');
      await this.#run('resolvconf', ['-a', interfaceName, '-m', '0', '-x'], lines);
    }
    return manager;
  }

  async unset(): Promise<void> {
    const { interfaceName, writeDns } = this.#options;
    if (this.#inForce === null) return;
    if (this.#inForce === 'resolved') await this.#run('resolvectl', ['revert', interfaceName]);
    else await this.#run('resolvconf', ['-d', interfaceName, '-f']);
    this.#inForce = null;
    await writeDns(null);
  }

  /** After a crash. systemd-resolved forgot the link when it went; resolvconf has to be told. */
  async recover(left: HelperState['dns']): Promise<void> {
    if (left === null) return;
    if (left.manager === 'resolvconf') await this.#run('resolvconf', ['-d', left.interfaceName, '-f']);
    await this.#options.writeDns(null);
  }

  async #manager(): Promise<DnsManager | null> {
    const { hasOwnNetwork, hasOwnResolvConf } = this.#isolation;
    const resolved = this.#options.resolvedSocket ?? RESOLVED_SOCKET;
    // A resolver outside would take our interface's number for one of its own.
    if (!hasOwnNetwork && this.#find('resolvectl') !== null && (await isListening(resolved)))
      return 'resolved';
    // In a network of our own with the machine's /etc, resolvconf would change the names of the whole machine.
    if (this.#find('resolvconf') !== null && (!hasOwnNetwork || hasOwnResolvConf)) return 'resolvconf';
    return null;
  }

  async #run(name: string, args: string[], stdin?: string): Promise<void> {
    const path = this.#find(name);
    if (path === null) throw new Error(`${name} is not there any more`);
    const result = await this.#options.run({ path, args, ...(stdin === undefined ? {} : { stdin }) });
    if (!result.ok) throw new Error(result.message);
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

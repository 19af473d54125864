import { realpathSync } from 'node:fs';
import { createConnection } from 'node:net';
import { basename } from 'node:path';
import { findProgram, type ProgramRequest, type ProgramResult } from '../../src-node/run-program.ts';
import type { LeaseDns } from '../../src-shared/lease.ts';
import type { Names } from '../platform.ts';
import { type Isolation, readIsolation } from './isolation.ts';
import { type NameFiles, nameFiles, resolvedUse } from './resolved-use.ts';
import type { HelperState } from './state-file.ts';

export type DnsManager = NonNullable<HelperState['dns']>['manager'];

const RESOLVED_SOCKET = '/run/systemd/resolve/io.systemd.Resolve';

export interface ResolverOptions {
  interfaceName: string;
  run: (request: ProgramRequest) => Promise<ProgramResult>;
  /** Absolute path of a program, or null. */
  find?: (name: string) => string | null;
  resolvedSocket?: string;
  files?: NameFiles;
  isolation?: Isolation;
  /** Where a link leads. */
  realPath?: (path: string) => string;
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

  async set({ servers, domains = [], search = [] }: LeaseDns): Promise<DnsManager | 'unmanaged' | 'unsplit'> {
    const { interfaceName, writeDns } = this.#options;
    const found = await this.#manager();
    const manager = found?.manager ?? null;
    const isUnsplit = found !== null && domains.length > 0 && !found.canSplit;
    if (this.#inForce !== null && (this.#inForce !== manager || isUnsplit)) await this.unset();
    if (manager === null) return 'unmanaged';
    if (isUnsplit) return 'unsplit';
    await writeDns({ manager, interfaceName });
    this.#inForce = manager;
    if (manager === 'resolved') {
      await this.#run('resolvectl', ['dns', interfaceName, ...servers]);
      // What begins with a tilde is asked for here and not searched in; `.` is every name (resolvectl(1)).
      const routed = domains.length > 0 ? domains : ['.'];
      const names = [...routed.map((domain) => `~${domain}`), ...search];
      await this.#run('resolvectl', ['domain', interfaceName, ...names]);
      // Else the names of nobody's domain would be asked for here as well.
      await this.#run('resolvectl', ['default-route', interfaceName, domains.length > 0 ? 'no' : 'yes']);
    } else {
      const lines = servers.map((server) => `nameserver ${server}\n`);
      if (search.length > 0) lines.push(`search ${search.join(' ')}\n`);
      await this.#run('resolvconf', ['-a', interfaceName, '-m', '0', '-x'], lines.join(''));
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

  async #manager(): Promise<{ manager: DnsManager; canSplit: boolean } | null> {
    const { hasOwnNetwork, hasOwnResolvConf } = this.#isolation;
    const resolved = this.#options.resolvedSocket ?? RESOLVED_SOCKET;
    const use = resolvedUse(this.#options.files ?? nameFiles);
    // A resolver outside would take our interface's number for one of its own; one that nobody asks changes nothing.
    if (!hasOwnNetwork && use !== null && this.#find('resolvectl') !== null && (await isListening(resolved)))
      return { manager: 'resolved', canSplit: use === 'stub' };
    // In a network of our own with the machine's /etc, resolvconf would change the names of the whole machine.
    if (this.#hasResolvconf() && (!hasOwnNetwork || hasOwnResolvConf))
      return { manager: 'resolvconf', canSplit: false };
    return null;
  }

  /** A program of this name may be another name of resolvectl, and then speaks to systemd-resolved alone. */
  #hasResolvconf(): boolean {
    const path = this.#find('resolvconf');
    return path !== null && basename(this.#realPath(path)) !== 'resolvectl';
  }

  #realPath(path: string): string {
    return this.#options.realPath?.(path) ?? realpathSync(path);
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

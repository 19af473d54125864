import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { serverProgram } from '../cli/program.ts';

const entry = join(import.meta.dirname, '../cli.ts');
const OWNER = ['--email', 'owner@test.example', '--name', 'Owner', '--password-stdin', '--with-totp'];

export interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A folder with configuration and certificate in which `postern-server` runs as its users run it: as a program. */
export class ServerFolder {
  readonly path: string;
  readonly config: string;
  readonly database: string;
  readonly keys: string;
  readonly #running = new Set<ChildProcess>();
  #kept: string | null = null;

  /** `path`: one that is there, such as a copy of another. */
  constructor(path = mkdtempSync(join(tmpdir(), 'postern-server-folder-'))) {
    this.path = path;
    this.config = join(path, 'server.toml');
    this.database = join(path, 'postern.db');
    this.keys = join(path, 'keys');
  }

  static async make(): Promise<ServerFolder> {
    const folder = new ServerFolder();
    folder.writeConfig({ host: '127.0.0.1', port: await freePort() });
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', join(folder.path, 'tls.key'), '-out', join(folder.path, 'tls.crt')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const made = spawnSync('openssl', [...request, '-days', '60', ...names, ...files]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    return folder;
  }

  /** `more`: lines of TOML before the tables. */
  writeConfig({ host, port, more = '' }: { host: string; port: number; more?: string }): void {
    writeFileSync(
      this.config,
      `issuer = "https://localhost:${port}"\nteamName = "Test"\ndatabaseFile = "postern.db"\nkeysDir = "keys"\n${more}
[listen]\nhost = "${host}"\nport = ${port}\n[tls]\ncertFile = "tls.crt"\nkeyFile = "tls.key"\n`,
      { mode: 0o600 },
    );
  }

  /** Runs one command to its end. */
  run(args: string[], { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {}): Said {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [entry, ...args, '--config', this.config],
      {
        input,
        encoding: 'utf8',
        env: { ...ownEnvironment(), ...env },
        timeout: 60_000,
      },
    );
    return { status, stdout, stderr };
  }

  /** Begins one command, for whoever wants to end it. */
  begin(args: string[]): ChildProcess {
    const words = [entry, ...args, '--config', this.config];
    return spawn(process.execPath, words, { stdio: 'ignore', env: ownEnvironment() });
  }

  /** Runs one command that asks nothing in this process: a second of computing less than a program of its own. */
  async command(args: string[]): Promise<Said> {
    const said = { stdout: '', stderr: '' };
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        said[stream] += String(text);
        return true;
      }),
    );
    try {
      await serverProgram().parseAsync([...args, '--config', this.config], { from: 'user' });
      return { status: Number(process.exitCode ?? 0), ...said };
    } finally {
      for (const spy of spies) spy.mockRestore();
      process.exitCode = undefined;
    }
  }

  init(): Said {
    return this.run(['init', ...OWNER, '--json'], { input: 'a long enough passphrase 7\n' });
  }

  /** Starts the server and waits until it listens. `preload` is loaded before it. */
  async start({ preload, env = {} }: { preload?: string; env?: Record<string, string> } = {}): Promise<{
    child: ChildProcess;
    log: () => string;
  }> {
    const first = preload === undefined ? [] : ['--import', preload];
    const child = spawn(process.execPath, [...first, entry, 'start', '--config', this.config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...ownEnvironment(), ...env },
    });
    this.#running.add(child);
    child.on('exit', () => this.#running.delete(child));
    let text = '';
    child.stderr?.on('data', (chunk) => {
      text += String(chunk);
    });
    for await (const chunk of child.stdout ?? []) {
      text += String(chunk);
      if (text.includes('listening on https:')) {
        child.stdout?.resume();
        return { child, log: () => text };
      }
    }
    throw new Error(`the server did not start: ${text}`);
  }

  async stopAll(): Promise<void> {
    for (const child of this.#running) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  /** What is in the folder now is what `goBack` and `another` bring back. */
  keep(): void {
    this.#kept ??= mkdtempSync(join(tmpdir(), 'postern-server-folder-kept-'));
    cpSync(this.path, this.#kept, { recursive: true });
  }

  goBack(): void {
    for (const name of readdirSync(this.path)) rmSync(join(this.path, name), { recursive: true });
    this.#copyKept(this.path);
  }

  another(): ServerFolder {
    const other = new ServerFolder();
    this.#copyKept(other.path);
    return other;
  }

  #copyKept(to: string): void {
    if (this.#kept === null) throw new Error('nothing was kept of this folder');
    cpSync(this.#kept, to, { recursive: true });
  }

  async remove(): Promise<void> {
    await this.stopAll();
    for (const folder of [this.path, this.#kept]) if (folder !== null) rmSync(folder, { recursive: true });
  }
}

function ownEnvironment(): Record<string, string | undefined> {
  return { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

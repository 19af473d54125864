import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Check } from '../../src-node/check.ts';
import { asProgram, type Given, type Said } from '../../src-node/testing/as-program.ts';
import { readServerFiles } from '../cli/run-command.ts';
import { loadServerConfig } from '../config.ts';
import { databaseChecks } from '../doctor/database-checks.ts';
import { makeLogger } from '../logger.ts';
import { type RunningServer, startServer } from '../start.ts';
import { makePair, type TestPair } from './certificate-pair.ts';
import { commandHere } from './command-here.ts';
import { type KeptFiles, keepFiles, writeFiles } from './kept-files.ts';

const entry = join(import.meta.dirname, '../cli.ts');
const OWNER = ['--email', 'owner@test.example', '--name', 'Owner', '--password-stdin', '--with-totp'];
export const OWNER_PASSWORD = 'a long enough passphrase 7';
const account = z.object({ id: z.string(), email: z.string(), totpSecret: z.string() });

/** Made once a process. */
let pair: TestPair | null = null;
let initialised: Promise<{ files: KeptFiles; owner: Owner }> | null = null;

export type Owner = z.infer<typeof account>;

/** A folder with configuration and certificate in which `postern-server` runs: as a program, or in this process. */
export class ServerFolder {
  readonly path: string;
  readonly config: string;
  readonly database: string;
  readonly keys: string;
  readonly #running = new Set<ChildProcess>();
  readonly #serving = new Set<RunningServer>();
  #kept: KeptFiles | null = null;

  /** `path`: one that is there, such as a copy of another. */
  constructor(path = mkdtempSync(join(tmpdir(), 'postern-server-folder-'))) {
    this.path = path;
    this.config = join(path, 'server.toml');
    this.database = join(path, 'postern.db');
    this.keys = join(path, 'keys');
  }

  /** One in which `init` has not run. */
  static async make(): Promise<ServerFolder> {
    const folder = new ServerFolder();
    folder.writeConfig({ host: '127.0.0.1', port: await freePort() });
    pair ??= makePair({ name: 'localhost', addresses: ['127.0.0.1'], days: 60 });
    writeFileSync(join(folder.path, 'tls.crt'), pair.cert);
    writeFileSync(join(folder.path, 'tls.key'), pair.key, { mode: 0o600 });
    return folder;
  }

  /** One that `init` has left, with an owner and an authenticator. */
  static async initialised(): Promise<ServerFolder & { owner: Owner }> {
    initialised ??= initialise();
    const { files, owner } = await initialised;
    const folder = new ServerFolder();
    writeFiles(files, folder.path);
    folder.writeConfig({ host: '127.0.0.1', port: await freePort() });
    return Object.assign(folder, { owner });
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

  /** Runs one command to its end, as a program. */
  run(args: string[], { input = '', env = {} }: Given = {}): Said {
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
    if (status === null) throw new Error(`${args.join(' ')} did not end: ${stderr}`);
    return { status, stdout, stderr };
  }

  /** Begins one command, for whoever wants to end it. */
  begin(args: string[], stdio: StdioOptions = 'ignore'): ChildProcess {
    const words = [entry, ...args, '--config', this.config];
    return spawn(process.execPath, words, { stdio, env: ownEnvironment() });
  }

  /** Runs one command to its end, in this process. */
  command(args: readonly string[], given?: Given): Promise<Said> {
    return commandHere([...args, '--config', this.config], given);
  }

  /** What the doctor finds of the database, without its looks at the network and the machine. */
  async databaseChecks(): Promise<Check[]> {
    const loaded = loadServerConfig(this.config, {});
    if (!loaded.ok) throw new Error(loaded.mistakes.join('\n'));
    const looking = { config: loaded.value, configFile: this.config, panelDir: this.path };
    return databaseChecks({ ...looking, env: {}, now: Date.now });
  }

  init(): Promise<Said> {
    return this.command(['init', ...OWNER, '--json'], { input: `${OWNER_PASSWORD}\n` });
  }

  /** `start` in this process, where the server does not start; without its log. */
  refusedStart(env: Record<string, string> = {}): Promise<Said> {
    return this.command(['start'], { env: { POSTERN_LOG_LEVEL: 'fatal', ...env } });
  }

  /** The server in this process; `log` has what was said before, too. */
  async serve(env: Record<string, string> = {}): Promise<{ server: RunningServer; log: () => string }> {
    const read = Promise.withResolvers<Awaited<ReturnType<typeof readServerFiles>>>();
    const said = await asProgram(
      () => readServerFiles({ config: this.config }).then(read.resolve, read.reject),
      { env },
    );
    let text = said.stderr;
    const files = await read.promise;
    if (!files) throw new Error(text);
    const log = makeLogger('info', {
      write(line) {
        text += line;
      },
    });
    const started = await startServer({ ...files, log, now: Date.now });
    if (!started.ok) throw new Error(`the server did not start: ${started.mistakes.join('\n')}`);
    this.#serving.add(started.server);
    return { server: started.server, log: () => text };
  }

  /** Starts the server as a program and waits until it listens. `preload` is loaded before it. */
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

  /** The servers, of either kind. */
  async stopAll(): Promise<void> {
    for (const server of this.#serving) {
      this.#serving.delete(server);
      await server.stop();
    }
    for (const child of this.#running) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  /** What is in the folder now is what `goBack` and `another` bring back. */
  keep(): void {
    this.#kept = keepFiles(this.path);
  }

  goBack(): void {
    for (const name of readdirSync(this.path)) rmSync(join(this.path, name), { recursive: true });
    writeFiles(this.#whatWasKept(), this.path);
  }

  another(): ServerFolder {
    const other = new ServerFolder();
    writeFiles(this.#whatWasKept(), other.path);
    return other;
  }

  #whatWasKept(): KeptFiles {
    if (this.#kept === null) throw new Error('nothing was kept of this folder');
    return this.#kept;
  }

  async remove(): Promise<void> {
    await this.stopAll();
    rmSync(this.path, { recursive: true });
  }
}

async function initialise(): Promise<{ files: KeptFiles; owner: Owner }> {
  const folder = await ServerFolder.make();
  try {
    const said = await folder.init();
    if (said.status !== 0) throw new Error(`init: ${said.stderr}`);
    return { files: keepFiles(folder.path), owner: account.parse(JSON.parse(said.stdout)) };
  } finally {
    await folder.remove();
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

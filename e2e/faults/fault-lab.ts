import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { waitForServer } from '../../lab/stack/control-server.ts';
import { checkout } from '../../lab/stack/folders.ts';
import { endSession } from '../../lab/stack/integration-call.ts';
import { inNetns } from '../../lab/stack/namespaces.ts';
import type { StackOptions } from '../../lab/stack/options.ts';
import { createProcessKeeper, type ManagedProcess, waitFor } from '../../lab/stack/processes.ts';
import { run, tryRun } from '../../lab/stack/run.ts';
import { type RunningStack, startStack } from '../../lab/stack/start-stack.ts';
import { type FreshCodes, freshSteps } from '../../lab/totp-steps.ts';
import { type ClientProcess, isPhase, isPrompt, startClient } from '../../scripts/story/client-process.ts';
import { gatewayPeers } from '../../scripts/story/observe.ts';
import { TUNNEL_MARK } from '../../src-helper/linux/network-plan.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { nowNs, Traffic } from './traffic.ts';

export type Part = 'server' | 'gateway' | 'helper';
export type Member = StackFile['members'][number];

/** Long enough for a busy machine; every wait ends as soon as what it waits for is there. */
export const PATIENCE_MS = 30_000;
const READY = { server: /listening/, gateway: /in sync with the server/, helper: /"ready"/ };

/** A real stack whose parts can be killed, stopped and started again, and what can be seen of it from outside. */
export class FaultLab {
  readonly stack: RunningStack;
  readonly traffic: Traffic;
  readonly #folder: string;
  readonly #unused: Member[];
  readonly #used: Member[] = [];
  readonly #clients: ClientProcess[] = [];
  readonly #parts: Record<Part, { process: ManagedProcess; command: string[]; netns: string | undefined }>;

  private constructor(folder: string, stack: RunningStack, traffic: Traffic) {
    this.#folder = folder;
    this.stack = stack;
    this.traffic = traffic;
    this.#unused = [...stack.file.members];
    const gateway = stack.gateways[0];
    const helper = stack.laptop.parts.find(({ name }) => name === 'helper');
    if (!gateway || !helper) throw new Error('the stack lacks a gateway or a helper');
    const part = (process: ManagedProcess, netns?: string) => ({
      process,
      netns,
      command: readFileSync(`/proc/${process.pid}/cmdline`, 'utf8').split('\0').slice(0, -1),
    });
    this.#parts = {
      server: part(stack.server),
      gateway: part(gateway, stack.plan.gateways[0]?.netns),
      helper: part(helper, stack.plan.laptopNetns),
    };
  }

  /** Every test takes a member of its own: a code works once. `policy`: `key=value` words, else the default. */
  static async start(
    members: number,
    policy: readonly string[] = [],
    change: Partial<
      Pick<
        StackOptions,
        'isFullTunnel' | 'hasOverlap' | 'hasIpv6' | 'gateways' | 'alternatePorts' | 'hasDhcp' | 'programs'
      >
    > = {},
  ): Promise<FaultLab> {
    const folder = mkdtempSync(path.join(tmpdir(), 'pst-f2-'));
    const signal = new AbortController().signal;
    const place = { folder: path.join(folder, 'stack'), signal };
    const options = { ...place, members, gateways: 1, rttMs: 0, policy, ...change };
    const stack = await startStack({ ...options, hasCheapHashes: true, onStep: () => undefined });
    return new FaultLab(folder, stack, await Traffic.start(stack.plan));
  }

  async stop(): Promise<void> {
    this.traffic.stop();
    await this.endClients();
    for (const { process } of Object.values(this.#parts)) {
      process.kill('SIGCONT');
      await process.stop();
    }
    await this.stack.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Asks every 50 ms; rejects when time is up. */
  until(what: string, isTrue: () => Promise<boolean> | boolean, timeoutMs = PATIENCE_MS): Promise<void> {
    return waitFor({ what, timeoutMs, needs: [], signal: new AbortController().signal }, isTrue);
  }

  newMember(): Member {
    const member = this.#unused.shift();
    if (!member) throw new Error('the stack needs more members');
    this.#used.push(member);
    return member;
  }

  get file(): StackFile {
    return this.stack.file;
  }

  get gatewayId(): string {
    return this.file.gateways[0]?.id ?? '';
  }

  logOf(part: Part): string {
    return readFileSync(this.#parts[part].process.logFile, 'utf8');
  }

  pidOf(part: Part): number {
    return this.#parts[part].process.pid;
  }

  signal(part: Part, signal: NodeJS.Signals): void {
    this.#parts[part].process.kill(signal);
  }

  /** Ends the part and waits until it is gone. */
  async kill(part: Part, signal: NodeJS.Signals = 'SIGKILL'): Promise<string> {
    const { process } = this.#parts[part];
    process.kill(signal);
    return process.ended;
  }

  /** Starts the part again as it was started before, or from now on differently, and waits until it is ready. */
  async restart(part: Part, change: { command?: string[]; extra?: string[] } = {}): Promise<void> {
    const known = this.#parts[part];
    known.command = [...(change.command ?? known.command), ...(change.extra ?? [])];
    const { command, netns } = known;
    const before = this.logOf(part).length;
    const keeper = createProcessKeeper(path.join(this.stack.folder, 'logs'));
    known.process = keeper.start({
      name: known.process.name,
      command,
      ...(netns === undefined ? {} : { netns }),
    });
    const signal = new AbortController().signal;
    const ready = { what: `the ${part} was ready`, timeoutMs: PATIENCE_MS, needs: [known.process], signal };
    await waitFor(ready, () => READY[part].test(this.logOf(part).slice(before)));
    if (part !== 'server') return;
    const ca = readFileSync(this.file.caFile, 'utf8');
    await waitForServer(this.file.serverUrl, ca, known.process, signal);
  }

  /** Waits until the server, started again, has the gateway back. */
  async gatewayIsBack(): Promise<void> {
    await this.until(
      'the gateway was back',
      () => this.#lastLine(/gateway in sync/) > this.#lastLine(READY.server),
    );
  }

  /** Waits until the server knows that the gateway is away. */
  async gatewayIsMissed(): Promise<void> {
    const isMissed = () => this.#lastLine(/gateway channel closed/) > this.#lastLine(/gateway in sync/);
    await this.until('the gateway was missed', isMissed);
  }

  /** Number of the last line of the server's log that has `mark`, -1 when none has. */
  #lastLine(mark: RegExp): number {
    return this.logOf('server')
      .split('\n')
      .findLastIndex((line) => mark.test(line));
  }

  /** Three codes that the server takes one after the other now. */
  codes(member: Member): Promise<FreshCodes> {
    return freshSteps(member.totpSecret);
  }

  /** `postern ARGS --json` with a profile of this name. */
  client(profile: string, ...args: string[]): ClientProcess {
    const folder = path.join(this.#folder, 'profiles', profile);
    const client = startClient(this.stack.laptop.shell, [...args, '--profile', folder]);
    this.#clients.push(client);
    return client;
  }

  /** `postern ARGS` on the laptop, to its end. */
  cli(...args: string[]) {
    return tryRun(this.stack.laptop.shell, ['postern', ...args]);
  }

  profileFolder(profile: string): string {
    return path.join(this.#folder, 'profiles', profile);
  }

  async signIn(member: Member, code: string): Promise<void> {
    const client = this.client(member.email, 'sign-in', '--email', member.email);
    await client.waitFor('it asked for the password', isPrompt('password'));
    client.type(member.password);
    await client.waitFor('it asked for a code', isPrompt('sign-in'));
    client.type(code);
    expect(await client.ended, JSON.stringify(client.seen.slice(-2))).toBe(0);
  }

  /** Signed in, connected with the code of the sign-in, and packets seen to flow. */
  async connected(member: Member): Promise<{ client: ClientProcess; codes: FreshCodes }> {
    const codes = await this.codes(member);
    await this.signIn(member, codes.previous);
    const client = this.client(member.email, 'connect');
    await client.waitFor('it was connected', isPhase('connected'));
    await this.expectTraffic();
    return { client, codes };
  }

  /** Kills whatever clients still run, and waits until nothing of them is left on the laptop. */
  async endClients(): Promise<void> {
    for (const client of this.#clients) client.kill('SIGKILL');
    await Promise.all(this.#clients.splice(0).map((client) => client.ended));
    await this.until('the laptop had no tunnel', async () => !(await this.hasTunnel()));
  }

  /** Ends every client and every connection, so that the next test starts on clean ground. */
  async reset(): Promise<void> {
    await this.endClients();
    for (const member of this.#used.splice(0)) await this.kick(member);
    await this.until('the gateway had no peer', async () => (await this.peers()).length === 0);
  }

  /** The call of the security team. */
  kick(member: Member, reason = 'Sign-in from a new country') {
    return endSession(this.file, { memberId: member.id, reason, incidentId: 'INC-1042' });
  }

  /** Public keys of the peers that `wg show` lists on the gateway. */
  peers(): Promise<string[]> {
    return gatewayPeers(this.stack);
  }

  /** The positive control: datagrams go to the target and come back. */
  async expectTraffic(timeout = PATIENCE_MS): Promise<void> {
    const since = nowNs();
    await this.until(
      'packets came back',
      async () => (await this.traffic.answered(since)).count > 5,
      timeout,
    );
  }

  /** Nothing that is sent from now on gets through the gateway. */
  async expectSilence(forMs = 700): Promise<void> {
    const since = nowNs();
    await sleep(forMs);
    expect((await this.traffic.delivered(since)).count).toBe(0);
  }

  /** Rows of the server's database, read beside it. */
  query(sql: string, ...parameters: string[]): Record<string, unknown>[] {
    const database = new DatabaseSync(path.join(this.stack.folder, 'server/postern.db'), { readOnly: true });
    try {
      return database.prepare(sql).all(...parameters);
    } finally {
      database.close();
    }
  }

  /** Public keys of the leases of this member that have not ended, in the server's books. */
  leases(member: Member): unknown[] {
    const sql = 'select wg_public_key from lease where member_id = ? and ended_at is null';
    return this.query(sql, member.id).map(({ wg_public_key }) => wg_public_key);
  }

  /** Whether anything leads into a tunnel: the helper keeps its interface, without route, key and peer, for the next. */
  async hasTunnel(): Promise<boolean> {
    const name = this.stack.plan.laptopInterface;
    if (!(await this.hasTunnelInterface())) return false;
    const [routes, peers] = await Promise.all([
      this.onLaptop(['ip', 'route', 'show', 'table', 'all', 'dev', name]),
      this.onLaptop(['wg', 'show', name, 'peers']),
    ]);
    return routes.includes(`table ${TUNNEL_MARK}`) || peers.trim() !== '';
  }

  async hasTunnelInterface(): Promise<boolean> {
    return (await this.onLaptop(['ip', '-br', 'link'])).includes(this.stack.plan.laptopInterface);
  }

  /** Everything on the laptop that a tunnel could leave: interfaces, routes, rules. */
  async laptopNetwork(): Promise<string> {
    const link = await this.onLaptop(['ip', '-br', 'link']);
    const rest = ['-4', '-6'].flatMap((family) => [
      this.onLaptop(['ip', family, 'rule']),
      this.onLaptop(['ip', family, 'route', 'show', 'table', 'all']),
    ]);
    return [link, ...(await Promise.all(rest))].join('--\n');
  }

  onLaptop(command: readonly string[]): Promise<string> {
    return this.inside(this.stack.plan.laptopNetns, command);
  }

  onGateway(command: readonly string[]): Promise<string> {
    return this.inside(this.stack.plan.gateways[0]?.netns ?? '', command);
  }

  async inside(netns: string, command: readonly string[]): Promise<string> {
    const [file = '', ...args] = inNetns(netns, command);
    return run(file, args);
  }

  /** What `postern-server COMMAND` prints, on the files of this stack. */
  serverCommand(...args: string[]) {
    const config = path.join(this.stack.folder, 'server/server.toml');
    const entry = path.join(checkout, 'src-server/cli.ts');
    return tryRun(process.execPath, [entry, ...args, '--config', config, '--json']);
  }
}

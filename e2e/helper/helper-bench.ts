import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { generateWgKeyPair } from '../../src-node/wireguard/key-pair.ts';
import { LEASE_AUDIENCE, LEASE_TYPE, type LeaseClaims } from '../../src-shared/lease.ts';
import { toWgBase64 } from '../../src-shared/primitives.ts';
import { formatServerKey } from '../../src-shared/server-key.ts';
import { RpcClient } from './rpc-client.ts';

const execute = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
export const ISSUER = 'https://vpn.test';

export interface Keys {
  privateKey: string;
  publicKey: string;
}

/** A laptop with a real helper and a gateway with real WireGuard, each in a network namespace, and a link between. */
export class HelperBench {
  readonly id = randomBytes(2).toString('hex');
  readonly laptop = `pst-h3-${this.id}-l`;
  readonly gateway = `pst-h3-${this.id}-g`;
  readonly interfaceName = `ph3l${this.id}`;
  readonly directory = mkdtempSync(join(tmpdir(), 'pst-h3-'));
  readonly socketPath = join(this.directory, 'helper.sock');
  readonly trustedServers = join(this.directory, 'trusted-servers.json');
  readonly signingKey: KeyObject = generateKeyPairSync('ed25519').privateKey;
  readonly gatewayKeys: Keys = generateWgKeyPair();
  deviceId = randomUUID();
  readonly #children: ChildProcess[] = [];
  readonly #gatewayInterface = `ph3g${this.id}`;
  #probe: { child: ChildProcess; lines: Interface } | null = null;
  #helper: ChildProcess | null = null;

  /** Namespaces, link (192.0.2.1 laptop, 192.0.2.2 gateway), gateway WireGuard (10.77.0.1, fd77::1) and echo on port 7. */
  async start(): Promise<void> {
    chmodSync(this.directory, 0o755);
    const { laptop, gateway, id } = this;
    for (const netns of [laptop, gateway]) await this.run('ip', 'netns', 'add', netns);
    await this.run(
      'ip',
      'link',
      'add',
      `v${id}l`,
      'netns',
      laptop,
      'type',
      'veth',
      'peer',
      `v${id}g`,
      'netns',
      gateway,
    );
    for (const [netns, end, host] of [
      [laptop, `v${id}l`, 1],
      [gateway, `v${id}g`, 2],
    ] as const) {
      await this.run('ip', '-n', netns, 'link', 'set', 'lo', 'up');
      await this.run('ip', '-n', netns, 'addr', 'add', `192.0.2.${host}/24`, 'dev', end);
      // Without a link-local address, which would appear only after a while.
      await this.run('ip', '-n', netns, 'link', 'set', end, 'addrgenmode', 'none', 'up');
    }
    const wg = this.#gatewayInterface;
    this.#spawn(['ip', 'netns', 'exec', gateway, 'wireguard-go', '-f', wg]);
    for (let tries = 0; !existsSync(`/var/run/wireguard/${wg}.sock`); tries++) {
      if (tries > 500) throw new Error('wireguard-go does not start');
      await delay(10);
    }
    const keyFile = join(this.directory, 'gateway.key');
    await this.#wg(
      'listen-port',
      '51820',
      'private-key',
      await this.#secretFile(keyFile, this.gatewayKeys.privateKey),
    );
    for (const cidr of ['10.77.0.1/24', 'fd77::1/64'])
      await this.run(
        'ip',
        '-n',
        gateway,
        'addr',
        'add',
        cidr,
        'dev',
        wg,
        ...(cidr.includes(':') ? ['nodad'] : []),
      );
    await this.run('ip', '-n', gateway, 'link', 'set', wg, 'mtu', '1420', 'up');
    for (const address of ['10.77.0.1', 'fd77::1'])
      await this.#ready(this.#netnsProgram(gateway, 'echo', address, '7'));
    const child = this.#netnsProgram(laptop, 'probe');
    await this.#ready(child);
    if (child.stdout) this.#probe = { child, lines: createInterface({ input: child.stdout }) };
  }

  /**
   * The helper, ready for calls or, with `until: 'socket'`, as soon as its socket can be seen. `prefix` is put in
   * front of its command line.
   */
  async startHelper({
    flags = ['--allow-uid', '0'],
    prefix = [] as string[],
    until = 'ready' as 'ready' | 'socket',
  } = {}): Promise<void> {
    const command = [
      ...prefix,
      node,
      join(root, 'src-helper/cli.ts'),
      'start',
      '--socket',
      this.socketPath,
      '--state-dir',
      join(this.directory, 'state'),
      '--trusted-servers',
      this.trustedServers,
      '--interface',
      this.interfaceName,
      ...flags,
    ];
    const child = this.#spawn(['ip', 'netns', 'exec', this.laptop, ...command]);
    let log = '';
    child.stdout?.on('data', (chunk) => {
      log += chunk;
    });
    const isThere = () => (until === 'socket' ? existsSync(this.socketPath) : log.includes('"ready"'));
    for (let tries = 0; !isThere(); tries++) {
      if (tries > 10_000 || child.exitCode !== null) throw new Error(`the helper does not start: ${log}`);
      await delay(1);
    }
    this.#helper = child;
  }

  /** A process that sleeps on the laptop and keeps the namespaces that `command` makes; its pid. */
  async holdNamespaces(...command: string[]): Promise<number> {
    const sleeper = ['sh', '-c', 'echo ready; exec sleep 600'];
    const child = this.#spawn(['ip', 'netns', 'exec', this.laptop, ...command, ...sleeper]);
    await this.#ready(child);
    return child.pid ?? 0;
  }

  get helperPid(): number | undefined {
    return this.#helper?.pid;
  }

  signalHelper(signal: NodeJS.Signals): void {
    this.#helper?.kill(signal);
  }

  async stopHelper(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#helper;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  serverKeyLine(key: KeyObject = this.signingKey): string {
    return formatServerKey({ issuer: ISSUER, publicKey: rawPublicKey(key) });
  }

  /** Runs `postern-helper` in the foreground. */
  async cli(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return execute(node, ['src-helper/cli.ts', ...args], { cwd: root });
  }

  async trust(key: KeyObject = this.signingKey): Promise<void> {
    await this.cli('trust', this.serverKeyLine(key), '--yes', '--trusted-servers', this.trustedServers);
  }

  connect(): Promise<RpcClient> {
    return RpcClient.connect(this.socketPath);
  }

  claims(keys: Keys, wg: Partial<LeaseClaims['wg']> = {}, rest: Partial<LeaseClaims> = {}): LeaseClaims {
    const iat = Math.floor(Date.now() / 1000);
    return {
      iss: ISSUER,
      aud: LEASE_AUDIENCE,
      sub: this.deviceId,
      jti: randomUUID(),
      iat,
      exp: iat + 3600,
      epoch: 1,
      wg: {
        clientPublicKey: keys.publicKey,
        serverPublicKey: this.gatewayKeys.publicKey,
        presharedKey: randomBytes(32).toString('base64url'),
        endpoint: '192.0.2.2:51820',
        addresses: ['10.77.0.2/32', 'fd77::2/128'],
        allowedIps: ['10.77.0.0/24', 'fd77::/64'],
        dns: [],
        mtu: 1420,
        keepaliveSeconds: 25,
        ...wg,
      },
      ...rest,
    };
  }

  sign(claims: LeaseClaims, key: KeyObject = this.signingKey): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({
        alg: 'EdDSA',
        typ: LEASE_TYPE,
        kid: 'k',
        jwk: { kty: 'OKP', crv: 'Ed25519', x: rawPublicKey(key) },
      })
      .sign(key);
  }

  /** Lets the gateway know the client of this lease, as the control server does before it hands out the lease. */
  async admit({ wg }: LeaseClaims): Promise<void> {
    const pskFile = await this.#secretFile(join(this.directory, `psk-${randomUUID()}`), wg.presharedKey);
    await this.#wg(
      'peer',
      toWgBase64(wg.clientPublicKey),
      'preshared-key',
      pskFile,
      'allowed-ips',
      wg.addresses.join(','),
    );
  }

  /** A lease that the gateway knows, and the parameters of `up`. */
  async lease(
    keys: Keys = generateWgKeyPair(),
    wg: Partial<LeaseClaims['wg']> = {},
    rest: Partial<LeaseClaims> = {},
  ) {
    const claims = this.claims(keys, wg, rest);
    await this.admit(claims);
    return { keys, claims, params: { lease: await this.sign(claims), privateKey: keys.privateKey } };
  }

  /** Numbered datagrams from the laptop to the echo; see `netns-program.ts`. */
  probe(target = '10.77.0.1', count = 1, gapMs = 1): Promise<{ received: number; firstAtMs: number | null }> {
    const probe = this.#probe;
    if (!probe) throw new Error('not started');
    return new Promise((done) => {
      probe.lines.once('line', (line) => done(JSON.parse(line)));
      probe.child.stdin?.write(`${target} 7 ${count} ${gapMs}\n`);
    });
  }

  /** A client in a process of its own: `line` reads what it got from the helper. */
  clientProcess(...prefix: string[]): { child: ChildProcess; line: () => Promise<unknown> } {
    const program = join(import.meta.dirname, 'client-program.ts');
    const child = this.#spawn([...prefix, node, program, this.socketPath]);
    const lines: unknown[] = [];
    const waiting: ((line: unknown) => void)[] = [];
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line: unknown = JSON.parse(text);
        const next = waiting.shift();
        if (next) next(line);
        else lines.push(line);
      });
    }
    return {
      child,
      line: () =>
        lines.length > 0 ? Promise.resolve(lines.shift()) : new Promise((done) => waiting.push(done)),
    };
  }

  /** What an `ip` command prints on the laptop. */
  async ip(...args: string[]): Promise<string> {
    return (await this.run('ip', '-n', this.laptop, ...args)).stdout;
  }

  /** Everything on the laptop that a tunnel could leave: interfaces, routes, rules. */
  async network(): Promise<string> {
    const parts = await Promise.all([
      this.ip('-br', 'link'),
      ...['-4', '-6'].flatMap((family) => [
        this.ip(family, 'rule'),
        this.ip(family, 'route', 'show', 'table', 'all'),
      ]),
    ]);
    return parts.join('--\n');
  }

  /** One of the kernel's settings on the laptop; `path` is below /proc/sys. */
  setting(path: string, value: string) {
    return this.run('ip', 'netns', 'exec', this.laptop, 'sh', '-c', `echo ${value} > /proc/sys/${path}`);
  }

  run(program: string, ...args: string[]) {
    return execute(program, args);
  }

  async close(): Promise<void> {
    await this.stopHelper('SIGTERM');
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = new Promise<void>((done) => child.once('exit', () => done()));
        child.kill('SIGTERM');
        await exited;
      }),
    );
    for (const netns of [this.laptop, this.gateway]) await this.run('ip', 'netns', 'delete', netns);
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #secretFile(path: string, key: string): Promise<string> {
    await writeFile(path, `${toWgBase64(key)}\n`, { mode: 0o600 });
    return path;
  }

  #wg(...args: string[]) {
    return this.run('ip', 'netns', 'exec', this.gateway, 'wg', 'set', this.#gatewayInterface, ...args);
  }

  #netnsProgram(netns: string, ...args: string[]): ChildProcess {
    return this.#spawn([
      'ip',
      'netns',
      'exec',
      netns,
      node,
      join(import.meta.dirname, 'netns-program.ts'),
      ...args,
    ]);
  }

  #spawn([program = '', ...args]: string[]): ChildProcess {
    const child = spawn(program, args, {
      cwd: root,
      // The variable silences wireguard-go's advice to use the kernel.
      env: { ...process.env, WG_PROCESS_FOREGROUND: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    return child;
  }

  async #ready(child: ChildProcess): Promise<void> {
    await new Promise<void>((done) => child.stdout?.once('data', () => done()));
  }
}

export function rawPublicKey(key: KeyObject): string {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new Error('not an Ed25519 key');
  return x;
}

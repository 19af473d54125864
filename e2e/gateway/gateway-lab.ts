import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'smol-toml';
import { makeCertificates } from '../../lab/stack/certificate-authority.ts';
import { takeProcessLock } from '../../lab/stack/process-lock.ts';
import type { HostCheck } from '../../src-gateway/host-check.ts';
import { FakeServer } from '../../src-gateway/testing/fake-server.ts';
import { sleep } from '../../src-node/backoff.ts';
import { findProgram, runProgram } from '../../src-node/run-program.ts';
import { generateWgKeyPair, type WgKeyPair } from '../../src-node/wireguard/key-pair.ts';
import { deleteInterface } from '../../src-node/wireguard/network-interface.ts';
import { UapiConnection } from '../../src-node/wireguard/uapi-connection.ts';
import { encodeSet, parseReply, UAPI_GET } from '../../src-node/wireguard/uapi-text.ts';
import type { Peer } from '../../src-shared/gateway-channel.ts';

/** Names and networks of this process alone: files run side by side, and so do two runs of the tests. */
const lab = freeNumber();
const PREFIX = `pst-h2-${lab}`;
const network = (third: number) => `10.219.${lab * 3 + third}`;
export const GATEWAY_NETNS = `${PREFIX}-gw`;
export const LAPTOP_NETNS = `${PREFIX}-lap`;
export const GATEWAY_INTERFACE = `${PREFIX}-wg`;
const LAPTOP_INTERFACE = `${PREFIX}-tun`;
/** Behind the gateway, and the server's end of the channel. */
export const SERVER_NETWORK = `${network(0)}.0/24`;
export const SERVER = `${network(0)}.1`;
/** The gateway's own, on the server's network. */
export const GATEWAY_AT_SERVER = `${network(0)}.2`;
const GATEWAY_OUTSIDE = `${network(1)}.1`;
export const LAPTOP_OUTSIDE = `${network(1)}.2`;
export const TUNNEL_NETWORK = `${network(2)}.0/24`;
export const GATEWAY_INSIDE = `${network(2)}.1`;
export const tunnelAddress = (index: number) => `${network(2)}.${index}`;
/** The same places in IPv6. */
const network6 = (third: number) => `fd21:9:${lab}:${third}`;
export const SERVER6 = `${network6(0)}::1`;
const GATEWAY_AT_SERVER6 = `${network6(0)}::2`;
const TUNNEL_NETWORK6 = `${network6(2)}::/64`;
export const GATEWAY_INSIDE6 = `${network6(2)}::1`;
export const tunnelAddress6 = (index: number) => `${network6(2)}::${index}`;
export const GATEWAY_ID = '0198f2d0-0000-7000-8000-000000000001';
const LISTEN_PORT = 51_877;
export const ECHO_PORT = 9077;

function freeNumber(): number {
  for (let number = 0; number < 64; number++)
    if (takeProcessLock(`/run/lock/postern-gateway-lab-${number}.lock`).isHeld) return number;
  throw new Error('64 gateway labs run on this machine');
}

async function must(program: string, args: string[]): Promise<string> {
  const path = findProgram(program);
  if (path === null) throw new Error(`the program ${program} is missing`);
  const result = await runProgram({ path, args });
  if (!result.ok) throw new Error(`${program} ${args.join(' ')}: ${result.message}`);
  return result.stdout;
}
/** ip(8) on this machine; throws what it says. */
export const ip = (...args: string[]) => must('ip', args);

export async function until(isTrue: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`did not come true within ${limitMs} ms: ${isTrue}`);
    await sleep(20);
  }
}

export interface AgentProcess {
  child: ChildProcess;
  lines: Record<string, unknown>[];
  stderr: string[];
  /** Resolves with the exit code, or the signal's name. */
  ended: Promise<number | string>;
}

export interface LaptopReport {
  sent: number;
  received: number;
}

/**
 * A gateway and a laptop in network namespaces of their own, real WireGuard between them, and the server's end of the
 * channel in this process. Needs root, `ip`, `wireguard-go` and `openssl`.
 */
export class GatewayLab {
  readonly folder: string;
  readonly server: FakeServer;
  readonly certificates: { cert: string; key: string };
  readonly #children = new Set<ChildProcess>();

  private constructor(folder: string, server: FakeServer, certificates: { cert: string; key: string }) {
    this.folder = folder;
    this.server = server;
    this.certificates = certificates;
  }

  static async build(): Promise<GatewayLab> {
    const folder = await mkdtemp(join(tmpdir(), `${PREFIX}-`));
    await GatewayLab.#removeNetwork();
    for (const netns of [GATEWAY_NETNS, LAPTOP_NETNS]) await ip('netns', 'add', netns);
    await ip('link', 'add', `${PREFIX}-v0`, 'type', 'veth', 'peer', 'name', 'up0', 'netns', GATEWAY_NETNS);
    await ip('address', 'add', `${SERVER}/24`, 'dev', `${PREFIX}-v0`);
    await ip('address', 'add', `${SERVER6}/64`, 'dev', `${PREFIX}-v0`, 'nodad');
    await ip('link', 'set', `${PREFIX}-v0`, 'up');
    const gw = ['-n', GATEWAY_NETNS];
    const lap = ['-n', LAPTOP_NETNS];
    await ip(...gw, 'address', 'add', `${GATEWAY_AT_SERVER}/24`, 'dev', 'up0');
    await ip(...gw, 'address', 'add', `${GATEWAY_AT_SERVER6}/64`, 'dev', 'up0', 'nodad');
    await ip(...gw, 'link', 'set', 'up0', 'up');
    await ip(...gw, 'link', 'set', 'lo', 'up');
    await ip(...gw, 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', LAPTOP_NETNS);
    await ip(...gw, 'address', 'add', `${GATEWAY_OUTSIDE}/24`, 'dev', 'out0');
    await ip(...gw, 'link', 'set', 'out0', 'up');
    await ip(...lap, 'address', 'add', `${LAPTOP_OUTSIDE}/24`, 'dev', 'eth0');
    await ip(...lap, 'link', 'set', 'eth0', 'up');
    await ip(...lap, 'link', 'set', 'lo', 'up');
    const files = await makeCertificates(join(folder, 'tls'), join(folder, 'ca.pem'), SERVER);
    const certificates = {
      cert: await readFile(files.certFile, 'utf8'),
      key: await readFile(files.keyFile, 'utf8'),
    };
    const server = await FakeServer.start({ host: SERVER, ...certificates });
    const lab = new GatewayLab(folder, server, certificates);
    await lab.#startEcho();
    await lab.#startLaptop();
    return lab;
  }

  async writeConfig(settings: Record<string, unknown> = {}, serverUrl = this.server.url): Promise<string> {
    const path = join(this.folder, 'gateway.toml');
    await writeFile(join(this.folder, 'token'), 'the-gateway-token\n', { mode: 0o600 });
    const config = {
      serverUrl,
      caFile: join(this.folder, 'ca.pem'),
      gatewayId: GATEWAY_ID,
      tokenFile: join(this.folder, 'token'),
      interfaceName: GATEWAY_INTERFACE,
      privateKeyFile: join(this.folder, 'gateway.key'),
      listenPort: LISTEN_PORT,
      endpoint: `${GATEWAY_OUTSIDE}:${LISTEN_PORT}`,
      address: `${GATEWAY_INSIDE}/24`,
      logLevel: 'debug',
      preferKernel: 'never',
      services: [`udp/${ECHO_PORT}`],
    };
    await writeFile(path, stringify({ ...config, ...settings }), { mode: 0o600 });
    return path;
  }

  async startAgent(settings: Record<string, unknown> = {}): Promise<AgentProcess> {
    const config = await this.writeConfig(settings);
    const cli = new URL('../../src-gateway/cli.ts', import.meta.url).pathname;
    const child = this.#inNetns(GATEWAY_NETNS, [process.execPath, cli, 'start', '--config', config]);
    const lines: Record<string, unknown>[] = [];
    const stderr: string[] = [];
    if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)));
    if (child.stderr) createInterface(child.stderr).on('line', (line) => stderr.push(line));
    const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
    return { child, lines, stderr, ended };
  }

  /** `postern-gateway check --json` on the gateway, with the settings of the newest agent. */
  async check(): Promise<{ code: number | null; ok: boolean; checks: HostCheck[] }> {
    const cli = new URL('../../src-gateway/cli.ts', import.meta.url).pathname;
    const command = [process.execPath, cli, 'check', '--config', join(this.folder, 'gateway.toml'), '--json'];
    const child = this.#inNetns(GATEWAY_NETNS, command);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [code] = await once(child, 'close');
    return { code, ...JSON.parse(output) };
  }

  /** A lease for a new key pair; `index` is the last number of its address. */
  lease(index: number, lifeMs = 3_600_000): { keys: WgKeyPair; peer: Peer } {
    const keys = generateWgKeyPair();
    const peer = {
      publicKey: keys.publicKey,
      presharedKey: generateWgKeyPair().privateKey,
      allowedIps: [`${tunnelAddress(index)}/32`],
      leaseId: `0198f2d0-0000-7000-8000-${String(index).padStart(12, '0')}`,
      expiresAt: new Date(Date.now() + lifeMs).toISOString(),
    };
    return { keys, peer };
  }

  /** Points the laptop's tunnel at the gateway with the keys of this lease; the first handshake goes out at once. */
  async connectLaptop(
    { keys, peer }: { keys: WgKeyPair; peer: Peer },
    gatewayKey: string,
    networks: string[] = [],
    port = LISTEN_PORT,
  ): Promise<void> {
    await ip('-n', LAPTOP_NETNS, 'address', 'flush', 'dev', LAPTOP_INTERFACE);
    for (const address of peer.allowedIps.map((own) => own.replace('/32', '/24').replace('/128', '/64')))
      await ip('-n', LAPTOP_NETNS, 'address', 'add', address, 'dev', LAPTOP_INTERFACE);
    const server = {
      publicKey: gatewayKey,
      presharedKey: peer.presharedKey,
      endpoint: `${GATEWAY_OUTSIDE}:${port}`,
      allowedIps: [TUNNEL_NETWORK, TUNNEL_NETWORK6, ...networks],
      keepaliveSeconds: 25,
    };
    await this.#laptop(encodeSet({ privateKey: keys.privateKey, replacePeers: true, add: [server] }));
    for (const network of networks)
      await ip('-n', LAPTOP_NETNS, 'route', 'replace', network, 'dev', LAPTOP_INTERFACE);
  }

  /** What comes of one TCP connection from this namespace (null: from this machine): `open`, or the error's code. */
  async tcp(netns: string | null, host: string, port: number): Promise<string> {
    // Now and then Node calls a connection open that was refused the moment it was begun. It has no other end.
    const script = `
      const say = (text) => { console.log(text); process.exit(); };
      setTimeout(() => say('silence'), 2000);
      const attempt = () => {
        const socket = require('node:net').connect({ host: '${host}', port: ${port} });
        socket.on('connect', () => (socket.remoteAddress === undefined ? attempt() : say('open')));
        socket.on('error', ({ code }) => code === 'EPIPE' || say(code));
      };
      attempt();`;
    return (await this.#say(netns, script)).trim();
  }

  /** A TCP server on every address of the gateway's host, until the lab is destroyed. */
  async listenOnGateway(port: number): Promise<void> {
    const script = `require('node:net').createServer((s) => s.end()).listen(${port}, '0.0.0.0', () => console.log('ready'));`;
    const child = this.#inNetns(GATEWAY_NETNS, [process.execPath, '-e', script]);
    if (child.stdout) await once(child.stdout, 'data');
  }

  /** What a UDP socket on every address of the gateway's host hears. */
  async hearOnGateway(port: number): Promise<string[]> {
    const script = `const s = require('node:dgram').createSocket('udp4');
      s.on('message', (m) => console.log(m.toString()));
      s.bind(${port}, '0.0.0.0', () => console.log('ready'));`;
    const child = this.#inNetns(GATEWAY_NETNS, [process.execPath, '-e', script]);
    const heard: string[] = [];
    const { stdout } = child;
    if (stdout) createInterface(stdout).on('line', (line) => heard.push(line));
    await until(() => heard.shift() === 'ready');
    return heard;
  }

  /** One datagram of the laptop's past the tunnel, always from the same port. */
  async sendOutside(port: number, text: string): Promise<void> {
    const script = `const s = require('node:dgram').createSocket('udp4');
      s.bind(5000, () => s.send('${text}', ${port}, '${GATEWAY_OUTSIDE}', () => s.close()));`;
    await this.#say(LAPTOP_NETNS, script);
  }

  /** Sends `count` packets through the tunnel, one each `everyMs`, and counts the echoes. */
  async probe(count: number, everyMs = 5): Promise<LaptopReport> {
    const script = `
      const socket = require('node:dgram').createSocket('udp4');
      let sent = 0, received = 0;
      const seen = new Set();
      socket.on('message', (m) => { seen.add(m.toString()); received = seen.size; });
      const timer = setInterval(() => {
        if (sent < ${count}) socket.send(String(sent++), ${ECHO_PORT}, '${GATEWAY_INSIDE}', () => {});
        else { clearInterval(timer); setTimeout(() => { console.log(JSON.stringify({ sent, received })); socket.close(); }, 300); }
      }, ${everyMs});`;
    return JSON.parse(await this.#say(LAPTOP_NETNS, script));
  }

  async canReachGateway(): Promise<boolean> {
    return (await this.probe(8, 20)).received > 0;
  }

  /** The gateway's peers as WireGuard itself lists them. */
  async gatewayPeers() {
    const connection = new UapiConnection(`/var/run/wireguard/${GATEWAY_INTERFACE}.sock`);
    try {
      return parseReply(await connection.request(UAPI_GET)).peers;
    } finally {
      connection.close();
    }
  }

  async gatewayKeys(): Promise<string[]> {
    return (await this.gatewayPeers()).map(({ publicKey }) => publicKey).sort();
  }

  async gatewayHasInterface(): Promise<boolean> {
    return (await ip('-n', GATEWAY_NETNS, '-o', 'link', 'show')).includes(`${GATEWAY_INTERFACE}:`);
  }

  inGateway(program: string, ...args: string[]): Promise<string> {
    return ip('netns', 'exec', GATEWAY_NETNS, program, ...args);
  }

  inLaptop(program: string, ...args: string[]): Promise<string> {
    return ip('netns', 'exec', LAPTOP_NETNS, program, ...args);
  }

  async stopChild(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#children].map((child) => this.stopChild(child)));
    await this.server.stop();
    await GatewayLab.#removeNetwork();
    await rm(this.folder, { recursive: true, force: true });
  }

  static async #removeNetwork(): Promise<void> {
    for (const netns of [GATEWAY_NETNS, LAPTOP_NETNS]) {
      if (existsSync(`/run/netns/${netns}`)) await ip('netns', 'delete', netns);
    }
    // The link ends with the namespace of its other end, but not at once.
    await deleteInterface(`${PREFIX}-v0`);
    for (const name of [GATEWAY_INTERFACE, LAPTOP_INTERFACE]) {
      for (const kind of ['sock', 'lock']) await rm(`/var/run/wireguard/${name}.${kind}`, { force: true });
    }
  }

  /** What a script prints in a namespace until it ends. */
  async #say(netns: string | null, script: string): Promise<string> {
    const child = this.#inNetns(netns, [process.execPath, '-e', script]);
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text;
      });
    const [code] = await once(child, 'close');
    if (code !== 0)
      throw new Error(`a script in ${netns ?? 'no namespace'} ended with ${code}: ${said.stderr}`);
    return said.stdout;
  }

  #inNetns(netns: string | null, command: string[]): ChildProcess {
    const [program = '', ...args] = [
      ...(netns === null ? [] : [findProgram('ip') ?? '', 'netns', 'exec', netns]),
      ...command,
    ];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, WG_PROCESS_FOREGROUND: '1', LOG_LEVEL: 'error' },
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  async #startEcho(): Promise<void> {
    const script = `const s = require('node:dgram').createSocket('udp4');
      s.on('message', (m, from) => s.send(m, from.port, from.address, () => {}));
      s.bind(${ECHO_PORT}, '0.0.0.0', () => console.log('ready'));`;
    const child = this.#inNetns(GATEWAY_NETNS, [process.execPath, '-e', script]);
    if (child.stdout) await once(child.stdout, 'data');
  }

  async #startLaptop(): Promise<void> {
    this.#inNetns(LAPTOP_NETNS, [findProgram('wireguard-go') ?? '', '-f', LAPTOP_INTERFACE]);
    await until(() => existsSync(`/var/run/wireguard/${LAPTOP_INTERFACE}.sock`));
    await ip('-n', LAPTOP_NETNS, 'link', 'set', LAPTOP_INTERFACE, 'mtu', '1420', 'up');
  }

  async #laptop(text: string): Promise<void> {
    const connection = new UapiConnection(`/var/run/wireguard/${LAPTOP_INTERFACE}.sock`);
    try {
      if (parseReply(await connection.request(text)).errno !== 0)
        throw new Error('the laptop refused its tunnel');
    } finally {
      connection.close();
    }
  }
}

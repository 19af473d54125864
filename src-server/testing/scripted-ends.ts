import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { WebSocket } from 'ws';
import type * as z from 'zod';
import { type ServerFrame, serverFrame } from '../../src-shared/client-channel.ts';
import { gatewayFeature, type Peer, type ToGateway, toGateway } from '../../src-shared/gateway-channel.ts';
import { hashToken } from '../tokens.ts';
import type { TestServer } from './test-server.ts';

/** A 32-byte key in base64url; the server never does anything with it but compare. */
export const newWgKey = (): string => randomBytes(32).toString('base64url');

/** A channel end that does just what the test says. */
class ScriptedSocket<Frame> {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<number>;
  #wake: (() => void)[] = [];

  constructor(url: string, token: string, schema: z.ZodType<Frame>) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), {
      headers: { authorization: `Bearer ${token}` },
    });
    this.socket.on('message', (data) => {
      this.frames.push(schema.parse(JSON.parse(String(data))));
      for (const wake of this.#wake.splice(0)) wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', resolve);
      this.socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    });
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
      this.socket.once('unexpected-response', (_request, { statusCode }) =>
        reject(new Error(`refused with ${statusCode}`)),
      );
    });
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The first frame (also an earlier one) that `isWanted`. */
  async frame<F extends Frame>(isWanted: (frame: Frame) => frame is F): Promise<F> {
    for (;;) {
      const found = this.frames.find(isWanted);
      if (found) return found;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  close(): Promise<number> {
    this.socket.close();
    return this.closed;
  }
}

/** A gateway agent without WireGuard: keeps the peers that it was told, confirms while `isConfirming`. */
export class ScriptedGateway {
  readonly id: string;
  readonly token: string;
  readonly publicKey = newWgKey();
  isConfirming = true;
  /** False: it says of every `add` that its kernel did not take the peer. */
  isTaking = true;
  /** What it says of itself in its `hello`. */
  agent: { version?: string; features?: readonly string[] } = {
    version: '1.0.0',
    features: gatewayFeature.options,
  };
  readonly peers = new Map<string, Peer>();
  /** Where members may go, as of the newest sync. */
  networks: readonly string[] = [];
  /** Of the newest sync; undefined where it does not say them. */
  alternatePorts: readonly number[] | undefined;
  /** Likewise. */
  addresses: readonly string[] | undefined;
  /** Likewise: the features of the server. */
  accepts: readonly string[] | undefined;
  /** Types of the orders in the order of their arrival. */
  readonly orders: string[] = [];
  #socket: ScriptedSocket<ToGateway> | undefined;

  private constructor(id: string, token: string) {
    this.id = id;
    this.token = token;
  }

  static async create(server: TestServer, name = 'gw1'): Promise<ScriptedGateway> {
    const gateway = new ScriptedGateway(uuidv7(), randomBytes(32).toString('base64url'));
    await server.ctx.database.db
      .insertInto('gateway')
      .values({
        id: gateway.id,
        name,
        token_hash: hashToken(gateway.token),
        public_key: null,
        endpoint: null,
        subnet: '10.86.0.0/24',
        allowed_ips_json: '["10.214.0.0/24"]',
        dns_json: '[]',
        dns_domains_json: '[]',
        dns_search_json: '[]',
        alternate_ports_json: '[]',
        mtu: 1420,
        keepalive_seconds: 25,
        settings_at: 0,
        last_seen_at: 0,
        created_at: 0,
        removed_at: null,
      })
      .execute();
    return gateway;
  }

  /** The same agent, with another token. */
  static withToken({ id }: ScriptedGateway, token: string): ScriptedGateway {
    return new ScriptedGateway(id, token);
  }

  /** Opens the channel and resolves once the server counts the gateway as online. */
  async connect(server: TestServer): Promise<void> {
    const socket = new ScriptedSocket<ToGateway>(`${server.url}/gateway/v1/channel`, this.token, toGateway);
    this.#socket = socket;
    socket.socket.on('message', (data) => this.#apply(toGateway.parse(JSON.parse(String(data)))));
    await socket.opened();
    socket.send({
      type: 'hello',
      gatewayId: this.id,
      publicKey: this.publicKey,
      endpoint: '192.0.2.1:51820',
      ...this.agent,
    });
    await socket.frame((frame): frame is Extract<ToGateway, { type: 'sync' }> => frame.type === 'sync');
  }

  async disconnect(): Promise<void> {
    await this.#socket?.close();
  }

  send(frame: unknown): void {
    this.#socket?.send(frame);
  }

  get closed(): Promise<number> {
    return this.#socket?.closed ?? Promise.resolve(0);
  }

  #apply(frame: ToGateway): void {
    if (frame.type === 'ping') {
      this.send({ type: 'pong', t: frame.t });
      return;
    }
    this.orders.push(frame.type);
    if (!this.isConfirming) return;
    if (frame.type === 'add' && !this.isTaking) {
      this.send({ type: 'failed', rev: frame.rev, error: 'no such device' });
      return;
    }
    if (frame.type === 'sync') {
      this.peers.clear();
      this.networks = frame.networks ?? [];
      this.alternatePorts = frame.alternatePorts;
      this.addresses = frame.addresses;
      this.accepts = frame.accepts;
    }
    const added = frame.type === 'sync' ? frame.peers : frame.type === 'add' ? [frame.peer] : [];
    for (const peer of added) this.peers.set(peer.publicKey, peer);
    if (frame.type === 'remove') for (const key of frame.peers) this.peers.delete(key);
    this.send({ type: 'done', rev: frame.rev });
  }
}

/** A client's channel; `resume` is sent with the first hello unless `afterSeq` is null. */
export class ScriptedClient extends ScriptedSocket<ServerFrame> {
  static async connect(
    server: TestServer,
    token: string,
    afterSeq: number | null = 0,
  ): Promise<ScriptedClient> {
    const client = new ScriptedClient(`${server.url}/client/v1/channel`, token, serverFrame);
    await client.opened();
    await client.of('hello');
    if (afterSeq !== null) client.send({ type: 'resume', afterSeq });
    return client;
  }

  of<T extends ServerFrame['type']>(type: T): Promise<Extract<ServerFrame, { type: T }>> {
    return this.frame((frame): frame is Extract<ServerFrame, { type: T }> => frame.type === type);
  }
}

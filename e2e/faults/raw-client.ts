import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import WebSocket from 'ws';
import { generateWireGuardKeyPair } from '../../src-client/tunnel/wireguard-keys.ts';
import {
  type ConnectAnswer,
  connectAnswer,
  type MeAnswer,
  meAnswer,
  mfaRequiredExtra,
  type SignInAnswer,
  signInAnswer,
} from '../../src-shared/client-api.ts';
import { type ServerFrame, serverFrame } from '../../src-shared/client-channel.ts';
import type { FaultLab, Member } from './fault-lab.ts';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

export interface RawChannel {
  frames: ServerFrame[];
  closed: Promise<number>;
  close(): void;
}

type Server = Pick<FaultLab, 'file' | 'gatewayId' | 'codes'>;

/** POST without any client in between; a problem is an answer like any other. */
export async function post(lab: Server, path: string, body: object, token?: string): Promise<Answer> {
  const agent = new Agent({ connect: { ca: readFileSync(lab.file.caFile, 'utf8') } });
  try {
    const response = await request(`${lab.file.serverUrl}${path}`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  } finally {
    await agent.close();
  }
}

/** First step of a sign-in: the answer to the right password, from a device that the server has not seen. */
export function tryPassword(
  lab: Server,
  { email, password }: Pick<Member, 'email' | 'password'>,
): Promise<Answer> {
  const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const publicKey = spki.export({ type: 'spki', format: 'der' }).toString('base64url');
  const device = { name: 'raw', platform: 'linux', publicKey };
  return post(lab, '/client/v1/sign-in', { email, password, device });
}

/** A client that keeps to the wire and to nothing else: what an attacker with the API in hand can do. */
export class RawClient {
  readonly session: SignInAnswer;
  readonly keys = generateWireGuardKeyPair();
  readonly #lab: Server;
  readonly #sockets: WebSocket[] = [];

  constructor(lab: Server, session: SignInAnswer) {
    this.#lab = lab;
    this.session = session;
  }

  /** Signed in with password and code; by default the code of the step before. */
  static async signIn(lab: Server, member: Member, code?: string): Promise<RawClient> {
    const first = await tryPassword(lab, member);
    const { mfaToken } = mfaRequiredExtra.parse(first.body);
    const proof = { mfaToken, method: 'totp', code: code ?? (await lab.codes(member)).previous };
    const second = await post(lab, '/client/v1/sign-in/mfa', proof);
    return new RawClient(lab, signInAnswer.parse(second.body));
  }

  /** Asks for a connection and takes whatever comes. */
  tryConnect(extra: object = {}): Promise<Answer> {
    const body = { gatewayId: this.#lab.gatewayId, wgPublicKey: this.keys.publicKey, ...extra };
    return post(this.#lab, '/client/v1/connections', body, this.session.sessionToken);
  }

  async connect(extra: object = {}): Promise<ConnectAnswer> {
    return connectAnswer.parse((await this.tryConnect(extra)).body);
  }

  async me(): Promise<MeAnswer> {
    const agent = new Agent({ connect: { ca: readFileSync(this.#lab.file.caFile, 'utf8') } });
    try {
      const { body } = await request(`${this.#lab.file.serverUrl}/client/v1/me`, {
        dispatcher: agent,
        headers: { authorization: `Bearer ${this.session.sessionToken}` },
      });
      return meAnswer.parse(await body.json());
    } finally {
      await agent.close();
    }
  }

  /** The client channel, resumed from the beginning. */
  async openChannel(): Promise<RawChannel> {
    const url = this.#lab.file.serverUrl.replace('https:', 'wss:');
    const socket = new WebSocket(`${url}/client/v1/channel`, {
      ca: readFileSync(this.#lab.file.caFile, 'utf8'),
      headers: { authorization: `Bearer ${this.session.sessionToken}` },
    });
    this.#sockets.push(socket);
    const frames: ServerFrame[] = [];
    socket.on('message', (data) => frames.push(serverFrame.parse(JSON.parse(data.toString()))));
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    socket.send(JSON.stringify({ type: 'resume', afterSeq: 0 }));
    return { frames, closed, close: () => socket.close() };
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}

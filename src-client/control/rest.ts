import type { LookupFunction } from 'node:net';
import { Client, Pool } from 'undici';
import * as z from 'zod';
import { isCertificateFault, lookAtCertificate } from '../../src-node/certificate-fault.ts';
import type { Challenge } from '../../src-shared/challenge.ts';
import {
  type ConnectAnswer,
  type ConnectRequest,
  connectAnswer,
  type DeviceSummary,
  devicesAnswer,
  type GuardAnswer,
  guardAnswer,
  type MeAnswer,
  meAnswer,
  mfaConfirmAnswer,
  type mfaConfirmRequest,
  type mfaRequest,
  mfaSetupAnswer,
  type newPasswordRequest,
  type ServerInfo,
  type SetBiometricRequest,
  type SetPinRequest,
  type SignInAnswer,
  type SignInRequest,
  serverInfo,
  signInAnswer,
  stepUpExtra,
  type UnlockCheckRequest,
} from '../../src-shared/client-api.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { ok, type Problem, parseProblem, problem, type Result } from '../../src-shared/problem.ts';
import { errorCode, networkFailure } from './network-problem.ts';
import type { TlsTrust } from './tls-trust.ts';

const MAX_ANSWER_BYTES = 256 * 1024;
/** Just below the server's own limit (330 s), so that the connection is open when a code is typed. */
const KEEP_ALIVE_MS = 5 * 60_000;
/** Used this recently, a connection that still counts as open is. */
const FRESH_MS = 150_000;
const ANSWER_TIMEOUT_MS = 15_000;

type Refusal = { ok: false; problem: Problem; mayHaveArrived: boolean };
type Answer<T> = { ok: true; value: T } | Refusal;
export type ConnectReply = { ok: true; value: ConnectAnswer } | (Refusal & { challenge: Challenge | null });
export type MfaRequest = z.infer<typeof mfaRequest>;
export type NewPasswordRequest = z.infer<typeof newPasswordRequest>;
export type MfaSetupAnswer = z.infer<typeof mfaSetupAnswer>;
export type MfaConfirmRequest = z.infer<typeof mfaConfirmRequest>;
export type MfaConfirmAnswer = z.infer<typeof mfaConfirmAnswer>;

/** The client API of one server. Every answer is parsed; what cannot be reached or read is a problem, never a throw. */
export interface Rest {
  serverInfo(): Promise<Result<ServerInfo>>;
  signIn(request: SignInRequest): Promise<Result<SignInAnswer>>;
  signInMfa(request: MfaRequest): Promise<Result<SignInAnswer>>;
  signInNewPassword(request: NewPasswordRequest): Promise<Result<SignInAnswer>>;
  mfaSetup(setupToken: string | null, token: string | null): Promise<Result<MfaSetupAnswer>>;
  mfaConfirm(request: MfaConfirmRequest, token: string | null): Promise<Result<MfaConfirmAnswer>>;
  /** What is held back from now on, where the server says; so with removing the device that asks. */
  signOut(token: string): Promise<Result<GuardAnswer | undefined>>;
  guard(token: string): Promise<Result<GuardAnswer>>;
  me(token: string): Promise<Result<MeAnswer>>;
  connect(request: ConnectRequest, token: string): Promise<ConnectReply>;
  deleteConnection(leaseId: string, token: string): Promise<Result<void>>;
  setPin(request: SetPinRequest, token: string): Promise<Result<void>>;
  removePin(token: string): Promise<Result<void>>;
  setBiometric(request: SetBiometricRequest, token: string): Promise<Result<void>>;
  removeBiometric(token: string): Promise<Result<void>>;
  checkUnlock(request: UnlockCheckRequest, token: string): Promise<Result<void>>;
  devices(token: string): Promise<Result<DeviceSummary[]>>;
  removeDevice(deviceId: string, token: string): Promise<Result<GuardAnswer | undefined>>;
  /** Opens a connection, or keeps an idle one open, so that the next request does not wait for a handshake. */
  warm(): Promise<Result<void>>;
  /** New requests take new connections: after sleep or on another network the old ones lead nowhere. */
  renewConnections(): void;
  close(): Promise<void>;
}

export interface RestOptions {
  /** `https://host[:port]`, nothing after it. */
  serverUrl: string;
  trust: TlsTrust;
  lookup: LookupFunction;
  /** What `networkFailure` says of it; null: none. */
  proxy: string | null;
  /** Milliseconds since 1970, this computer's clock. */
  now: () => number;
  /** Milliseconds, monotonic. */
  monotonic: () => number;
  answerTimeoutMs?: number;
}

/** One that is not known is named with the others that are not. */
function isRefusedFor({ code, detail }: Problem, field: string): boolean {
  return code === 'invalid-request' && /^[\w., ]+:/.exec(detail)?.[0].includes(field) === true;
}

const nothing = z.unknown().transform(() => undefined);
const maybeGuard = guardAnswer.optional().catch(undefined);

/**
 * HTTPS with keep-alive on two lanes. One TLS connection is for connecting alone, so that a proof never waits behind
 * another request nor for a handshake; what is asked for there is asked in order. The rest shares a small pool.
 */
export function createRest(settings: RestOptions): Rest {
  const { serverUrl, trust, lookup, proxy, now, monotonic, answerTimeoutMs = ANSWER_TIMEOUT_MS } = settings;
  const { host } = new URL(serverUrl);
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
    connect: { secureContext: trust.secureContext, lookup, timeout: Math.min(10_000, answerTimeoutMs) },
  };
  const openLanes = () => ({
    gate: new Client(serverUrl, options),
    others: new Pool(serverUrl, { ...options, connections: 3 }),
  });
  let lanes = openLanes();
  let gateUsedAt: number | null = null;

  /** undici takes the request that met a wrong name for one that still runs: what comes after it waits for ever. */
  async function giveUp(used: typeof lanes): Promise<void> {
    if (lanes === used) lanes = openLanes();
    await Promise.all([used.gate.destroy(), used.others.destroy()]);
  }

  async function call<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    schema: z.ZodType<T>,
    options: { token?: string | null; body?: unknown; lane?: 'gate' | 'others' } = {},
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (options.token) headers.authorization = `Bearer ${options.token}`;
    const body = options.body === undefined ? null : JSON.stringify(options.body);
    if (body !== null) headers['content-type'] = 'application/json';
    let status: number;
    let text: string;
    const used = lanes;
    try {
      const lane = options.lane ?? 'others';
      const answer = await used[lane].request({ method, path, headers, body });
      status = answer.statusCode;
      text = await answer.body.text();
      if (lane === 'gate' && used === lanes) gateUsedAt = monotonic();
    } catch (error) {
      if (errorCode(error) === 'ERR_TLS_CERT_ALTNAME_INVALID') await giveUp(used);
      const seen = isCertificateFault(errorCode(error)) ? await lookAtCertificate(serverUrl, lookup) : null;
      return { ok: false, ...networkFailure(error, serverUrl, proxy, now(), seen) };
    }
    return readAnswer(status, text, schema, host);
  }

  return {
    serverInfo: () => call('GET', '/.well-known/postern', serverInfo),
    signIn: (request) => call('POST', '/client/v1/sign-in', signInAnswer, { body: request }),
    signInMfa: (request) => call('POST', '/client/v1/sign-in/mfa', signInAnswer, { body: request }),
    signInNewPassword: (request) =>
      call('POST', '/client/v1/sign-in/password', signInAnswer, { body: request }),
    mfaSetup: (setupToken, token) =>
      call('POST', '/client/v1/mfa/setup', mfaSetupAnswer, { token, body: setupToken ? { setupToken } : {} }),
    mfaConfirm: (request, token) =>
      call('POST', '/client/v1/mfa/confirm', mfaConfirmAnswer, { token, body: request }),
    signOut: (token) => call('POST', '/client/v1/sign-out', maybeGuard, { token }),
    guard: (token) => call('GET', '/client/v1/guard', guardAnswer, { token }),
    me: (token) => call('GET', '/client/v1/me', meAnswer, { token }),
    async connect(request, token) {
      const ask = (body: ConnectRequest) =>
        call('POST', '/client/v1/connections', connectAnswer, { token, body, lane: 'gate' });
      let body = request;
      let answer = await ask(body);
      // A server from before one of these fields refuses the whole request, before it looks at a proof.
      for (const field of ['knownEpoch', 'moveOf', 'helper'] as const) {
        if (answer.ok || !isRefusedFor(answer.problem, field)) continue;
        body = { ...body, [field]: undefined };
        answer = await ask(body);
      }
      if (answer.ok) return answer;
      return { ...answer, challenge: challengeOf(answer.problem) };
    },
    deleteConnection: (leaseId, token) =>
      call('DELETE', `/client/v1/connections/${encodeURIComponent(leaseId)}`, nothing, { token }),
    setPin: (request, token) => call('PUT', '/client/v1/device/pin', nothing, { token, body: request }),
    removePin: (token) => call('DELETE', '/client/v1/device/pin', nothing, { token }),
    setBiometric: (request, token) =>
      call('PUT', '/client/v1/device/biometric', nothing, { token, body: request }),
    removeBiometric: (token) => call('DELETE', '/client/v1/device/biometric', nothing, { token }),
    checkUnlock: (request, token) =>
      call('POST', '/client/v1/device/unlock-check', nothing, { token, body: request }),
    async devices(token) {
      const answer = await call('GET', '/client/v1/devices', devicesAnswer, { token });
      return answer.ok ? ok(answer.value.devices) : answer;
    },
    removeDevice: (deviceId, token) =>
      call('DELETE', `/client/v1/devices/${encodeURIComponent(deviceId)}`, maybeGuard, { token }),
    async warm() {
      // A request that is not needed would only stand in the way of a proof.
      const isFresh = gateUsedAt !== null && monotonic() - gateUsedAt < FRESH_MS;
      const { connected, size } = lanes.gate.stats;
      if (size > 0 || (connected && isFresh)) return ok(undefined);
      const answer = await call('GET', '/.well-known/postern', nothing, { lane: 'gate' });
      return answer.ok ? ok(undefined) : answer;
    },
    renewConnections() {
      const old = lanes;
      lanes = openLanes();
      gateUsedAt = null;
      // What is under way may still be answered; its own timeouts end it otherwise.
      void Promise.all([old.gate.close(), old.others.close()]);
    },
    async close() {
      await Promise.all([lanes.gate.close(), lanes.others.close()]);
    },
  };
}

/** The question that came with a refusal, if one did. */
export function challengeOf(refusal: Problem): Challenge | null {
  const extra = stepUpExtra.safeParse(refusal);
  return extra.success ? extra.data.challenge : null;
}

function readAnswer<T>(status: number, text: string, schema: z.ZodType<T>, host: string): Answer<T> {
  const body = parseJson(text);
  if (status >= 200 && status < 300) {
    const parsed = schema.safeParse(body);
    if (parsed.success) return { ok: true, value: parsed.data };
    return { ok: false, problem: problem('protocol-error'), mayHaveArrived: true };
  }
  const refusal = parseProblem(body);
  // A proxy in between that cannot reach the server answers in words of its own.
  if (refusal.code === 'protocol-error' && status >= 500)
    return {
      ok: false,
      problem: problem('server-unreachable', `No connection to ${host}.`, { status }),
      mayHaveArrived: true,
    };
  return { ok: false, problem: refusal, mayHaveArrived: true };
}

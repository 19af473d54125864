import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type SignInAnswer, signInAnswer } from '../../src-shared/client-api.ts';
import type { ApiScope } from '../../src-shared/integration-api.ts';
import type { Policy } from '../../src-shared/policy.ts';
import { savePolicy } from '../access/policy/policy-changes.ts';
import { createApiToken } from '../api/integration/api-token-store.ts';
import { buildApp } from '../app.ts';
import { createEnforcement, type EnforcementParts } from '../compose.ts';
import { type ServerConfig, serverConfig } from '../config.ts';
import type { ServerContext } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import type { MemberRow } from '../db/schema.ts';
import { generateServerKeys, loadServerKeys } from '../keys/server-keys.ts';
import { makeLogger } from '../logger.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { addMember } from '../people/members/member-store.ts';
import { TOTP_STEP_MS, totpAt, totpStep } from '../proof/mfa/totp.ts';
import { readPolicy } from '../proof/policy/policy-store.ts';
import { writeEmptyDatabase } from './empty-database.ts';

export interface TestMember {
  id: string;
  email: string;
  password: string;
  /** Base32. */
  totpSecret: string;
  backupCodes: string[];
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on the shape of whatever came
  body: any;
}

/** What the tests of the server talk to: a real server on loopback, a real SQLite file, a clock that tests set. */
export interface TestServer {
  url: string;
  ctx: ServerContext;
  app: FastifyInstance;
  parts: EnforcementParts;
  /** Milliseconds since 1970; starts at the beginning of a TOTP step and stands still. */
  clock: { now: number };
  /** Log lines so far (level `debug`). */
  logLines: string[];
  addMember(options?: {
    withTotp?: boolean;
    role?: MemberRow['role'];
    isTemporary?: boolean;
  }): Promise<TestMember>;
  /** The code that the member's authenticator shows `steps` steps from now. */
  codeOf(member: TestMember, steps?: number): string;
  /** Moves the clock to the beginning of the next TOTP step, so that there is a fresh code. */
  nextStep(steps?: number): void;
  request(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<HttpAnswer>;
  /** The body of a sign-in; a new device key unless one is given. */
  signInBody(member: TestMember, device?: { id?: string; publicKey?: string }): Record<string, unknown>;
  /** Password and, where the server asks for it, the present code. Throws when the server refuses. */
  signIn(member: TestMember, device?: { id?: string; publicKey?: string }): Promise<SignInAnswer>;
  addApiToken(scopes: ApiScope[], options?: { allowedIps?: string[]; expiresDays?: number }): Promise<string>;
  setPolicy(change: Partial<Policy>): Promise<void>;
  /** Stops the server and starts another on the same database file; the URL changes. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** P-256 SPKI, base64url. */
export function newDeviceKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
}

const mfaAnswer = z.object({ mfaToken: z.string() });

/** argon2id runs with small parameters, so that tests are about the rules and not about memory. */
export async function startTestServer(options: { config?: Partial<ServerConfig> } = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-server-test-'));
  const config: ServerConfig = {
    ...serverConfig.parse({
      issuer: 'https://vpn.test.example',
      teamName: 'Test team',
      tls: { certFile: 'unused', keyFile: 'unused' },
      listen: { host: '127.0.0.1', port: 0 },
      databaseFile: join(folder, 'postern.db'),
      keysDir: join(folder, 'keys'),
      requestsPerMinute: 1_000_000,
      strangerRequestsPerMinute: 1_000_000,
    }),
    argon2: { memoryKib: 64, passes: 1, lanes: 1 },
    ...options.config,
  };
  await writeEmptyDatabase(config.databaseFile);
  generateServerKeys(config.keysDir, {});
  const loaded = await loadServerKeys(config.keysDir, config.issuer, {});
  if (!loaded.ok) throw new Error(loaded.mistakes.join('\n'));
  const { keys } = loaded;
  const clock = { now: Math.floor(Date.now() / TOTP_STEP_MS) * TOTP_STEP_MS };
  const logLines: string[] = [];
  const log = makeLogger('debug', { write: (line) => void logLines.push(line) });

  const run = async () => {
    const ctx: ServerContext = {
      config,
      keys,
      database: await openDatabase(config.databaseFile),
      now: () => clock.now,
      log,
    };
    const metrics = createMetrics();
    const parts = createEnforcement(ctx, metrics.registry);
    const app = await buildApp(ctx, {
      metrics,
      enforcement: parts,
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { ctx, parts, app, url };
  };
  let running = await run();
  const stop = async () => {
    await running.parts.stop();
    await running.app.close();
    await running.ctx.database.close();
  };
  let members = 0;

  const server: TestServer = {
    get url() {
      return running.url;
    },
    get ctx() {
      return running.ctx;
    },
    get app() {
      return running.app;
    },
    get parts() {
      return running.parts;
    },
    clock,
    logLines,
    async addMember({ withTotp = true, role = 'member', isTemporary = false } = {}) {
      const number = ++members;
      const email = `member${number}@test.example`;
      const password = `a long password ${number}`;
      const added = await addMember(
        running.ctx,
        { email, name: `Member ${number}`, password, role, withTotp, isTemporary },
        'cli',
      );
      if (!added.ok) throw new Error(added.problem.detail);
      const { id, totp } = added.value;
      return { id, email, password, totpSecret: totp?.secret ?? '', backupCodes: totp?.backupCodes ?? [] };
    },
    codeOf: (member, steps = 0) => totpAt(member.totpSecret, totpStep(clock.now) + steps),
    nextStep(steps = 1) {
      clock.now = (totpStep(clock.now) + steps) * TOTP_STEP_MS;
    },
    async request(method, path, { token, body, headers = {} } = {}) {
      const response = await fetch(running.url + path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return {
        status: response.status,
        headers: response.headers,
        body: isJson ? JSON.parse(text) : text,
      };
    },
    signInBody: ({ email, password }, device = {}) => ({
      email,
      password,
      device: { name: 'Laptop', platform: 'linux', publicKey: newDeviceKey(), ...device },
    }),
    async signIn(member, device) {
      const first = await server.request('POST', '/client/v1/sign-in', {
        body: server.signInBody(member, device),
      });
      if (first.status === 200) return signInAnswer.parse(first.body);
      const { mfaToken } = mfaAnswer.parse(first.body);
      const body = { mfaToken, method: 'totp', code: server.codeOf(member) };
      const second = await server.request('POST', '/client/v1/sign-in/mfa', { body });
      if (second.status !== 200) throw new Error(`sign-in refused: ${JSON.stringify(second.body)}`);
      return signInAnswer.parse(second.body);
    },
    async addApiToken(scopes, { allowedIps = [], expiresDays = 1 } = {}) {
      const made = await running.ctx.database.db
        .transaction()
        .execute((tx) =>
          createApiToken(tx, { name: 'test', scopes, allowedIps, expiresDays, actor: 'cli', now: clock.now }),
        );
      return made.token;
    },
    async setPolicy(change) {
      await running.ctx.database.db.transaction().execute(async (tx) => {
        const policy = { ...(await readPolicy(tx)), ...change };
        await savePolicy(tx, { policy, actor: 'cli', now: clock.now, guards: running.parts.guards });
      });
    },
    async restart() {
      await stop();
      running = await run();
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
  return server;
}

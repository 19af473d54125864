import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { stringify } from 'smol-toml';
import { Agent, request } from 'undici';
import * as z from 'zod';
import { serverInfo } from '../../src-shared/client-api.ts';
import { policySchema } from '../../src-shared/policy.ts';
import type { Certificates } from './certificate-authority.ts';
import type { Programs } from './folders.ts';
import { type ManagedProcess, type ProcessKeeper, waitFor } from './processes.ts';
import { run } from './run.ts';
import { newPassword } from './secrets.ts';
import { StackError } from './stack-error.ts';

const FIRST_PORT = 8443;
const LAST_PORT = 8543;

export interface Account {
  id: string;
  email: string;
  password: string;
  /** Base32. */
  totpSecret: string;
}

const accountAnswer = z.object({ id: z.string(), email: z.string(), totpSecret: z.string() });
const gatewayAnswer = z.object({ id: z.string(), token: z.string() });
const tokenAnswer = z.object({ token: z.string() });

/** The control server's own commands, on the files of this stack. */
export interface ControlServerSetUp {
  url: string;
  init(email: string, name: string): Promise<Account>;
  addMembers(count: number): Promise<Account[]>;
  addGateway(
    name: string,
    subnets: { subnet: string; subnet6: string | null },
    allowedIps: readonly string[],
    alternatePorts: readonly number[],
  ): Promise<{ id: string; token: string }>;
  createToken(name: string, scopes: readonly string[]): Promise<string>;
  /** `key=value` words; refused with the server's own words. */
  setPolicy(words: readonly string[]): Promise<void>;
  start(keeper: ProcessKeeper): ManagedProcess;
}

async function isPortFree(address: string, port: number): Promise<boolean> {
  const probe = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  probe.once('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
  );
  probe.listen(port, address, () => probe.close(() => resolve(true)));
  return promise;
}

/** The first port of the range that nobody listens on. */
export async function choosePort(address: string, first: number, last: number): Promise<number> {
  for (let port = first; port <= last; port++) if (await isPortFree(address, port)) return port;
  throw new StackError(`all ports from ${first} to ${last} of ${address} are taken`);
}

/** Writes the server's configuration for `address` and answers its commands. */
export async function setUpControlServer(
  folder: string,
  address: string,
  certificates: Certificates,
  mail: { host: string; port: number },
  {
    programs,
    hasCheapHashes,
  }: { programs: Pick<Programs, 'server' | 'addMembers'>; hasCheapHashes: boolean },
): Promise<ControlServerSetUp> {
  const port = await choosePort(address, FIRST_PORT, LAST_PORT);
  const url = `https://${address}:${port}`;
  const config = path.join(folder, 'server.toml');
  writeFileSync(
    config,
    stringify({
      issuer: url,
      teamName: 'Postern local stack',
      databaseFile: path.join(folder, 'postern.db'),
      keysDir: path.join(folder, 'keys'),
      listen: { host: address, port },
      tls: { certFile: certificates.certFile, keyFile: certificates.keyFile },
      mail: { ...mail, security: 'none', from: 'Postern local stack <vpn@example.com>' },
      ...(hasCheapHashes ? { argon2: { memoryKib: 8192, passes: 1 } } : {}),
    }),
    { mode: 0o600 },
  );
  const command = async <T>(schema: z.ZodType<T>, args: string[], input = ''): Promise<T> => {
    const options = ['--config', config, '--json'];
    const [file = '', ...first] = programs.server;
    const stdout = await run(file, [...first, ...args, ...options], { input });
    return schema.parse(JSON.parse(stdout));
  };
  return {
    url,
    async init(email, name) {
      const password = newPassword();
      const person = ['--email', email, '--name', name, '--password-stdin', '--with-totp'];
      return { ...(await command(accountAnswer, ['init', ...person], `${password}\n`)), password };
    },
    async addMembers(count) {
      const people = Array.from({ length: count }, (_, index) => ({
        email: `member${index + 1}@example.com`,
        name: `Member ${index + 1}`,
        password: newPassword(),
      }));
      const [file = '', ...args] = programs.addMembers;
      const stdout = await run(file, [...args, config], { input: JSON.stringify(people) });
      const accounts = z.array(accountAnswer).length(count).parse(JSON.parse(stdout));
      return accounts.map((account, index) => ({ ...account, password: people[index]?.password ?? '' }));
    },
    addGateway: (name, { subnet, subnet6 }, allowedIps, alternatePorts) => {
      const ports = alternatePorts.length > 0 ? ['--alternate-ports', alternatePorts.join()] : [];
      const second = subnet6 === null ? [] : ['--subnet6', subnet6];
      const networks = ['--subnet', subnet, ...second, '--allowed-ips', allowedIps.join()];
      return command(gatewayAnswer, ['gateway', 'add', name, ...networks, ...ports]);
    },
    createToken: async (name, scopes) =>
      (
        await command(tokenAnswer, [
          'token',
          'create',
          '--name',
          name,
          '--scopes',
          scopes.join(','),
          '--expires-days',
          '30',
        ])
      ).token,
    async setPolicy(words) {
      await command(policySchema, ['policy', 'set', ...words]);
    },
    start: (keeper) =>
      keeper.start({ name: 'server', command: [...programs.server, 'start', '--config', config] }),
  };
}

/** Waits for the server's first healthy answer and returns the line that root is asked to trust. */
export async function waitForServer(
  url: string,
  ca: string,
  server: ManagedProcess,
  signal: AbortSignal,
): Promise<string> {
  const agent = new Agent({ connect: { ca } });
  try {
    await waitFor({ what: 'the server answered', timeoutMs: 30_000, needs: [server], signal }, async () => {
      try {
        const { statusCode, body } = await request(`${url}/healthz`, { dispatcher: agent, signal });
        await body.dump();
        return statusCode === 200;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return false;
        throw error;
      }
    });
    const { body } = await request(`${url}/.well-known/postern`, { dispatcher: agent, signal });
    return serverInfo.parse(await body.json()).serverKey;
  } finally {
    await agent.close();
  }
}

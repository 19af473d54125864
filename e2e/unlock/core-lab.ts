import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import pino from 'pino';
import type { ClientCore } from '../../src-client/core.ts';
import { createClientCore } from '../../src-client/create-core.ts';
import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import { makeCertificate, type TestCertificate } from '../../src-client/testing/certificates.ts';
import type { TestKeyring } from '../../src-client/testing/keyring.ts';
import { type ScriptedHelper, startScriptedHelper } from '../../src-client/testing/scripted-helper.ts';
import type { UnlockProvider } from '../../src-client/unlock/provider.ts';
import { ScriptedGateway } from '../../src-server/testing/scripted-ends.ts';
import { startTestServer, type TestMember, type TestServer } from '../../src-server/testing/test-server.ts';

/** The real client core against the real server over TLS, with a real keyring; only gateway and helper are scripted. */
export interface CoreLab {
  server: TestServer;
  member: TestMember;
  gateway: ScriptedGateway;
  core: ClientCore;
  /** Every snapshot, and every line of both logs. */
  snapshots: Snapshot[];
  logLines: string[];
  signIn(): Promise<void>;
  /** Ends the client and starts it again on the same profile. */
  restart(): Promise<void>;
  /** The next code of the authenticator; the server's clock moves to it, and the client hears of that. */
  nextCode(): Promise<string>;
  /** What lies in the profile folder, and in the server's. */
  files(): string;
  profile: string;
  close(): Promise<void>;
}

/** `keyring`: one for the whole process, since libsecret keeps the first bus that it finds; its `env` is in `process.env`. */
export async function openCoreLab(
  keyring: TestKeyring,
  providers: readonly UnlockProvider[] = [],
): Promise<CoreLab> {
  const folder = mkdtempSync(join(tmpdir(), 'pst-core-lab-'));
  const certificate = await makeCertificate(folder);
  const server = await startTestServer();
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  const tls = await startTls(certificate, Number(new URL(server.url).port));
  const helper: ScriptedHelper = await startScriptedHelper(join(folder, 'h.sock'));
  const member = await server.addMember();
  const profile = join(folder, 'profile');
  const snapshots: Snapshot[] = [];
  const logLines: string[] = [];
  const open = () => {
    const core = createClientCore({
      log: pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
      profileFolder: profile,
      helperSocket: join(folder, 'h.sock'),
      helperOwnerUid: process.getuid?.() ?? 0,
      env: keyring.env,
      // The server's clock stands still between the steps of a test; the client's does too.
      now: () => server.clock.now,
      providers,
      appVersion: '0.1.0',
    });
    core.subscribe((snapshot) => snapshots.push(snapshot));
    return core;
  };
  let core = open();
  await core.start();
  return {
    server,
    member,
    gateway,
    get core() {
      return core;
    },
    snapshots,
    logLines,
    profile,
    async signIn() {
      const { email, password } = member;
      const caFile = certificate.caFile;
      const first = await core.signIn({ serverUrl: tls.url, caFile, email, password });
      if (!first.ok) throw new Error(first.problem.code);
      if (first.value.step !== 'mfa') throw new Error(`expected mfa, got ${first.value.step}`);
      const second = await core.signInMfa(first.value.mfaToken, 'totp', server.codeOf(member));
      if (!second.ok) throw new Error(second.problem.code);
    },
    async restart() {
      await core.stop();
      core = open();
      await core.start();
    },
    async nextCode() {
      server.nextStep();
      await core.refresh();
      return server.codeOf(member);
    },
    files: () =>
      [...readdirSync(profile).map((name) => join(profile, name)), server.ctx.config.databaseFile]
        .map((file) => readFileSync(file, 'latin1'))
        .join('\n'),
    async close() {
      await core.stop();
      await gateway.disconnect();
      await tls.close();
      await helper.close();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** TLS in front of the server, which tests run without. */
async function startTls(certificate: TestCertificate, port: number) {
  const open = new Set<Socket>();
  const track = (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const proxy = createServer({ cert: certificate.cert, key: certificate.key }, (near) => {
    const far = connect(port, '127.0.0.1');
    track(near);
    track(far);
    near.pipe(far).pipe(near);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${address.port}`,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { v7 } from 'uuid';
import { WebSocket } from 'ws';
import { checkout, programPath } from '../lab/stack/folders.ts';
import { makeCertificate } from '../src-client/testing/certificates.ts';
import { openDatabase } from '../src-server/db/database.ts';
import { generateServerKeys } from '../src-server/keys/server-keys.ts';
import { hashToken } from '../src-server/tokens.ts';
import { type Row, Samples } from './stats.ts';

/** Sockets that are opened at a time. */
const BATCH = 50;
/** After it the server has collected what it does not need any more. */
const SETTLED_MS = 15_000;
const HELLO_MS = 30_000;

/**
 * What a client that is signed in and does nothing costs the server in memory, over TLS: a server of its own on
 * loopback. Needs as many open files (`ulimit -n`) as sockets.
 */
export async function benchSockets(count: number): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-bench-'));
  const samples = new Samples();
  try {
    const { ca } = await makeCertificate(folder);
    const config = writeConfig(folder);
    generateServerKeys(path.join(folder, 'keys'), {});
    const tokens = await addClients(path.join(folder, 'postern.db'), 2 * count);
    const command = [path.join(checkout, 'src-server/cli.ts'), 'start', '--config', config];
    const server = spawn(programPath('node'), command, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const url = await addressOf(server);
      const open: WebSocket[] = [];
      const openAll = async (those: string[]): Promise<void> => {
        while (those.length > 0)
          open.push(
            ...(await Promise.all(those.splice(0, BATCH).map((token) => openChannel(url, ca, token)))),
          );
      };
      // What the server compiles and keeps for whoever comes first is not a socket's: 45 MB, whatever their number.
      await openAll(tokens.splice(0, count));
      const before = await residentBytes(server);
      await openAll(tokens);
      const each = ((await residentBytes(server)) - before) / count / 1000;
      samples.add('server', `memory of one more client that does nothing, beside ${count}`, each, 'kB');
      for (const socket of open) socket.terminate();
    } finally {
      server.kill();
      if (server.exitCode === null) await once(server, 'exit');
    }
    return samples.rows();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeConfig(folder: string): string {
  const file = path.join(folder, 'server.toml');
  const lines = [
    'issuer = "https://localhost"',
    'teamName = "Bench"',
    'databaseFile = "postern.db"',
    'keysDir = "keys"',
    'listen = { host = "127.0.0.1", port = 0 }',
    'tls = { certFile = "server.pem", keyFile = "server.key" }',
    'strangerRequestsPerMinute = 1000000',
  ];
  writeFileSync(file, lines.join('\n'));
  return file;
}

/** Resolves when it listens; its log is read and thrown away from then on. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the server has no output');
  for await (const line of createInterface(stdout)) {
    const url = /listening on (https:[^"]+)/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return url.replace('https:', 'wss:');
  }
  throw new Error('the server ended before it listened');
}

/** Members with a device and a session each; their tokens. */
async function addClients(file: string, count: number): Promise<string[]> {
  const database = await openDatabase(file);
  await database.db.destroy();
  const sqlite = new DatabaseSync(file);
  const member = sqlite.prepare(
    `insert into member (id, email, name, role, password_hash, created_at) values (?, ?, ?, 'member', '', ?)`,
  );
  const device =
    sqlite.prepare(`insert into device (id, member_id, name, platform, public_key, last_seen_at, created_at)
    values (?, ?, 'Laptop', 'linux', ?, ?, ?)`);
  const session =
    sqlite.prepare(`insert into session (id, member_id, device_id, kind, token_hash, method, created_at,
    last_used_at, expires_at) values (?, ?, ?, 'client', ?, 'totp', ?, ?, ?)`);
  const now = Date.now();
  sqlite.exec('begin');
  const tokens = Array.from({ length: count }, (_, index) => {
    const [memberId, deviceId, token] = [v7(), v7(), randomBytes(32).toString('base64url')];
    member.run(memberId, `member${index}@example.com`, `Member ${index}`, now);
    device.run(deviceId, memberId, deviceId, now, now);
    session.run(v7(), memberId, deviceId, hashToken(token), now, now, now + 3_600_000);
    return token;
  });
  sqlite.exec('commit');
  sqlite.close();
  return tokens;
}

/** A client's channel after its `hello`, which answers pings. */
async function openChannel(url: string, ca: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url}/client/v1/channel`, {
    ca,
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  await once(socket, 'message', { signal: AbortSignal.timeout(HELLO_MS) });
  socket.send(JSON.stringify({ type: 'resume', afterSeq: 0 }));
  socket.on('message', (data) => {
    const { type, t } = JSON.parse(String(data));
    if (type === 'ping') socket.send(JSON.stringify({ type: 'pong', t }));
  });
  return socket;
}

async function residentBytes({ pid }: ChildProcess): Promise<number> {
  await setTimeout(SETTLED_MS);
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import { createEnforcement } from './compose.ts';
import type { ServerConfig } from './config.ts';
import type { ServerContext } from './context.ts';
import { lockDatabase } from './db/database-lock.ts';
import { openOwnDatabase } from './db/own-database.ts';
import { MarkKeeper } from './db/record-mark.ts';
import { listenOn, stopListening } from './http/listen.ts';
import type { ServerKeys } from './keys/server-keys.ts';
import { MailSender } from './mail/mail-sender.ts';
import { type MailTransport, smtpTransport } from './mail/mail-transport.ts';
import { createMetrics } from './metrics/metrics.ts';
import { purgePassingAttempts } from './proof/mfa/attempts.ts';

const PURGE_INTERVAL_MS = 3_600_000;
/** `npm run build:panel` makes it. */
const PANEL_DIR = join(import.meta.dirname, '../dist/panel');

export interface RunningServer {
  url: string;
  /** Stops accepting, closes the channels with 1012, finishes requests, writes the database back. */
  stop(): Promise<void>;
}

export type Started = { ok: true; server: RunningServer } | { ok: false; mistakes: string[] };

interface StartInput {
  config: ServerConfig;
  keys: ServerKeys;
  log: Logger;
  now: () => number;
}

/** Opens the database (migrations run), joins the parts and listens. What can be wrong outside is a value. */
export async function startServer(input: StartInput): Promise<Started> {
  const ends = new AsyncDisposableStack();
  let started: Started | undefined;
  try {
    started = await begin(input, ends);
    return started;
  } finally {
    // Nothing is held by a server that did not start: neither the process nor the lock of the database.
    if (!started?.ok) await ends.disposeAsync();
  }
}

/** `ends` takes how each part is stopped again, the last one first. */
async function begin(input: StartInput, ends: AsyncDisposableStack): Promise<Started> {
  const { config, log, now } = input;
  const tls = readTls(config);
  if (!tls.ok) return tls;
  const transport = openTransport(config);
  if (!transport.ok) return transport;
  const lock = lockDatabase(config.databaseFile);
  if (!lock)
    return { ok: false, mistakes: [`databaseFile: another server is running on ${config.databaseFile}`] };
  ends.defer(() => lock.release());
  const opened = await openOwnDatabase(input);
  if (!opened.ok) return opened;
  const { database } = opened;
  ends.defer(() => database.close());
  const ctx: ServerContext = { ...input, database };
  const mark = new MarkKeeper(database.db, config, log);
  ends.defer(() => mark.stop());
  const mail = transport.value ? new MailSender(ctx, transport.value) : null;
  if (!mail) log.warn('no mail server is configured: members are told nothing by mail, MFA cannot be reset');
  ends.defer(() => mail?.stop());
  const metrics = createMetrics();
  const parts = createEnforcement(ctx, metrics.registry);
  const app = await buildApp(ctx, {
    metrics,
    enforcement: parts,
    tls: tls.value,
    panelDir: PANEL_DIR,
  });
  ends.defer(async () => {
    const closed = stopListening(app);
    await parts.stop();
    await app.close();
    await closed;
  });
  const purge = setInterval(() => {
    purgePassingAttempts(database.db, now()).catch((error: unknown) =>
      log.error({ err: error }, 'purge failed'),
    );
  }, PURGE_INTERVAL_MS);
  ends.defer(() => clearInterval(purge));
  await parts.control.start();
  await parts.sweeper.start();
  const listening = await listenOn(app, config.listen, log);
  if (!listening.ok) return listening;
  mark.start();
  mail?.start();
  return { ok: true, server: { url: listening.url, stop: () => ends.disposeAsync() } };
}

function readTls({
  tls,
}: ServerConfig): { ok: true; value: { cert: string; key: string } } | { ok: false; mistakes: string[] } {
  const mistakes: string[] = [];
  const read = (field: string, file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      mistakes.push(`${field}: ${error instanceof Error ? error.message : file}`);
      return '';
    }
  };
  const value = { cert: read('tls.certFile', tls.certFile), key: read('tls.keyFile', tls.keyFile) };
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value };
}

function openTransport({
  mail,
  issuer,
}: ServerConfig): { ok: true; value: MailTransport | null } | { ok: false; mistakes: string[] } {
  if (!mail) return { ok: true, value: null };
  try {
    return { ok: true, value: smtpTransport(mail, new URL(issuer).hostname) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(mail.caFile);
    return { ok: false, mistakes: [`mail.caFile: ${why}`] };
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import { createEnforcement } from './compose.ts';
import type { ServerConfig } from './config.ts';
import type { ServerContext } from './context.ts';
import { openDatabase } from './db/database.ts';
import { lockDatabase } from './db/database-lock.ts';
import type { ServerKeys } from './keys/server-keys.ts';
import { MailSender } from './mail/mail-sender.ts';
import { type MailTransport, smtpTransport } from './mail/mail-transport.ts';
import { createMetrics } from './metrics/metrics.ts';
import { purgeUnknownAttempts } from './proof/mfa/attempts.ts';

const PURGE_INTERVAL_MS = 3_600_000;
/** `npm run build:panel` makes it. */
const PANEL_DIR = join(import.meta.dirname, '../dist/panel');

export interface RunningServer {
  url: string;
  /** Stops accepting, closes the channels with 1012, finishes requests, writes the database back. */
  stop(): Promise<void>;
}

export type Started = { ok: true; server: RunningServer } | { ok: false; mistakes: string[] };

/** Opens the database (migrations run), joins the parts and listens. What can be wrong outside is a value. */
export async function startServer(input: {
  config: ServerConfig;
  keys: ServerKeys;
  log: Logger;
  now: () => number;
}): Promise<Started> {
  const { config, log, now } = input;
  const tls = readTls(config);
  if (!tls.ok) return tls;
  const transport = openTransport(config);
  if (!transport.ok) return transport;
  const lock = lockDatabase(config.databaseFile);
  if (!lock)
    return { ok: false, mistakes: [`databaseFile: another server is running on ${config.databaseFile}`] };
  const database = await openDatabase(config.databaseFile);
  const ctx: ServerContext = { ...input, database };
  const metrics = createMetrics();
  const parts = createEnforcement(ctx, metrics.registry);
  const app = await buildApp(ctx, {
    metrics,
    enforcement: parts,
    tls: tls.value,
    panelDir: PANEL_DIR,
  });
  const mail = transport.value ? new MailSender(ctx, transport.value) : null;
  if (!mail) log.warn('no mail server is configured: members are told nothing by mail, MFA cannot be reset');
  const purge = setInterval(() => {
    purgeUnknownAttempts(database.db, now()).catch((error: unknown) =>
      log.error({ err: error }, 'purge failed'),
    );
  }, PURGE_INTERVAL_MS);

  const stop = async (): Promise<void> => {
    clearInterval(purge);
    app.server.close();
    await parts.stop();
    await app.close();
    await mail?.stop();
    await database.close();
    lock.release();
  };
  await parts.control.start();
  await parts.sweeper.start();
  const listening = await listen(app, config);
  if (!listening.ok) {
    await stop();
    return listening;
  }
  mail?.start();
  return { ok: true, server: { url: listening.url, stop } };
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

type App = Awaited<ReturnType<typeof buildApp>>;

async function listen(
  app: App,
  { listen: { host, port } }: ServerConfig,
): Promise<{ ok: true; url: string } | { ok: false; mistakes: string[] }> {
  try {
    const listenTextResolver = (address: string): string => `listening on ${secure(address)}`;
    return { ok: true, url: secure(await app.listen({ host, port, listenTextResolver })) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    const where = `port ${port} on ${host}`;
    if (code === 'EADDRINUSE')
      return { ok: false, mistakes: [`listen: ${where} is in use by another program`] };
    if (code === 'EACCES')
      return {
        ok: false,
        mistakes: [`listen: ${where} is not allowed for this user (below 1024: CAP_NET_BIND_SERVICE)`],
      };
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return { ok: false, mistakes: [`listen.host: ${host} is not an address of this machine`] };
    throw error;
  }
}

/** Fastify takes a server that it did not make for a plain one. */
function secure(address: string): string {
  return address.replace(/^http:/, 'https:');
}

import { join } from 'node:path';
import type { Logger } from 'pino';
import { changedSettings } from '../src-node/changed-settings.ts';
import { buildApp } from './app.ts';
import { Housekeeping } from './audit/housekeeping.ts';
import { CertificateKeeper } from './certificate/certificate-keeper.ts';
import { serveCertificate } from './certificate/serve-certificate.ts';
import { createEnforcement } from './compose.ts';
import type { ServerConfig } from './config.ts';
import type { ServerContext } from './context.ts';
import { lockDatabase } from './db/database-lock.ts';
import { openOwnDatabase } from './db/own-database.ts';
import { MarkKeeper } from './db/record-mark.ts';
import { listenOn, stopListening } from './http/listen.ts';
import type { ServerKeys } from './keys/server-keys.ts';
import { registerMailMetrics } from './mail/mail-metrics.ts';
import { MailSender } from './mail/mail-sender.ts';
import { openTransport } from './mail/mail-transport.ts';
import { createMetrics } from './metrics/metrics.ts';
import { hasMembers, NOBODY } from './people/members/nobody.ts';
import { commonPasswords } from './people/password/common-passwords.ts';
import { purgePassingAttempts } from './proof/mfa/attempts.ts';

const PURGE_INTERVAL_MS = 3_600_000;
/** `npm run build:panel` makes it. */
const PANEL_DIR = join(import.meta.dirname, '../dist/panel');

export interface RunningServer {
  url: string;
  /**
   * Takes over certificate, log level and mail settings as they are now. What cannot be used stays as it was, and is in
   * the log; so is what takes a restart.
   */
  reload(next: ServerConfig): void;
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
  const certificate = CertificateKeeper.open({ ...input, files: config.tls, issuer: config.issuer });
  if (!certificate.ok) return certificate;
  const { keeper } = certificate;
  const outgoing = openTransport(config);
  if (!outgoing.ok) return outgoing;
  // Now, and not while a disconnect waits.
  await commonPasswords();
  const lock = lockDatabase(config.databaseFile);
  if (!lock)
    return { ok: false, mistakes: [`databaseFile: another server is running on ${config.databaseFile}`] };
  ends.defer(() => lock.release());
  const opened = await openOwnDatabase(input);
  if (!opened.ok) return opened;
  const { database } = opened;
  ends.defer(() => database.close());
  const ctx: ServerContext = { ...input, database };
  if (!(await hasMembers(database.db))) log.warn(`${NOBODY.detail} Run: ${NOBODY.remedy}`);
  const mark = new MarkKeeper(database.db, config, log);
  ends.defer(() => mark.stop());
  const housekeeping = new Housekeeping(ctx);
  ends.defer(() => housekeeping.stop());
  const metrics = createMetrics();
  const { transport } = outgoing;
  const mail = new MailSender(ctx, transport, registerMailMetrics(metrics.registry, database.db));
  if (!transport)
    log.warn('no mail server is configured: members are told nothing by mail, MFA cannot be reset');
  ends.defer(() => mail.stop());
  const parts = createEnforcement(ctx, metrics.registry);
  const app = await buildApp(ctx, {
    metrics,
    enforcement: parts,
    tls: keeper.pair,
    certificate: () => keeper.facts,
    mailTrouble: () => mail.trouble,
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
  parts.leaseKeys.start();
  const listening = await listenOn(app, config.listen, log);
  if (!listening.ok) return listening;
  mark.start();
  housekeeping.start();
  mail.start();
  ends.defer(serveCertificate(ctx, { keeper, server: app.server, metrics: metrics.registry }));
  const reload = (next: ServerConfig): void => takeOver(next, { ctx, keeper, mail });
  return { ok: true, server: { url: listening.url, reload, stop: () => ends.disposeAsync() } };
}

const RELOADED = ['logLevel', 'mail', 'tls'];

function takeOver(
  next: ServerConfig,
  { ctx, keeper, mail }: { ctx: ServerContext; keeper: CertificateKeeper; mail: MailSender },
): void {
  const { config, log } = ctx;
  const needsRestart = changedSettings(config, next, RELOADED);
  log.level = next.logLevel;
  const mistakes = keeper.reload(next.tls);
  const outgoing = openTransport(next);
  if (outgoing.ok) {
    // Everybody who sends or offers mails asks the configuration each time.
    if (next.mail) config.mail = next.mail;
    else delete config.mail;
    mail.use(outgoing.transport);
  } else log.error({ mistakes: outgoing.mistakes }, 'the mail settings cannot be used: those before stay');
  config.logLevel = next.logLevel;
  if (mistakes.length === 0) config.tls = next.tls;
  log.info({ logLevel: log.level, needsRestart }, 'reloaded');
}

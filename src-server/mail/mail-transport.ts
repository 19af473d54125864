import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import type { ServerConfig } from '../config.ts';
import type { RenderedMail } from './render-mail.ts';

type MailConfig = NonNullable<ServerConfig['mail']>;

/** Long enough for a slow relay, short enough that one that hangs does not hold up the others for long. */
const TIMEOUT_MS = 20_000;

export interface MailTransport {
  /**
   * What the mail server answered (`250 2.0.0 Ok: queued as …`). Rejects when it did not take the mail; see
   * `mailFailure`. The same `id` is the same mail to whoever gets it twice.
   */
  send(mail: RenderedMail & { id: string; to: string }): Promise<string>;
  /** Goes as far as to be let in by the mail server; rejects with why it is not. */
  verify(): Promise<unknown>;
  close(): void;
}

/** SMTP as configured. `domain`: the issuer's host, as in its URL. Throws when `caFile` cannot be read. */
export function smtpTransport(config: MailConfig, domain: string): MailTransport {
  const { host, port, security, user, password, from, caFile, ehloName } = config;
  const transport = createTransport({
    host,
    port,
    name: ehloName ?? nameOf(domain),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    ...(caFile === undefined ? {} : { tls: { ca: readFileSync(caFile) } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ id, to, subject, text, html }) {
      const { response } = await transport.sendMail({
        from,
        // An object, so that nothing in the address can be read as a second one.
        to: { name: '', address: to },
        subject,
        text,
        html,
        messageId: `<${id}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated' },
      });
      return response;
    },
    verify: () => transport.verify(),
    close: () => transport.close(),
  };
}

export type OpenedTransport =
  | { ok: true; transport: MailTransport | null }
  | { ok: false; mistakes: string[] };

/** The transport that the configuration asks for; null where it asks for none. */
export function openTransport({ mail, issuer }: Pick<ServerConfig, 'mail' | 'issuer'>): OpenedTransport {
  if (!mail) return { ok: true, transport: null };
  try {
    return { ok: true, transport: smtpTransport(mail, new URL(issuer).hostname) };
  } catch (error) {
    return {
      ok: false,
      mistakes: [`mail.caFile: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
}

/** How a host names itself to a mail server (RFC 5321 §4.1.3): an address is written in brackets. `host` as in a URL. */
function nameOf(host: string): string {
  if (host.startsWith('[')) return `[IPv6:${host.slice(1, -1)}]`;
  return isIP(host) === 0 ? host : `[${host}]`;
}

import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import type { ServerConfig } from '../config.ts';
import type { RenderedMail } from './render-mail.ts';

type MailConfig = NonNullable<ServerConfig['mail']>;

/** Long enough for a slow relay, short enough that one that hangs does not hold up the others for long. */
const TIMEOUT_MS = 20_000;

export interface MailTransport {
  /** Rejects when the mail server did not take the mail. The same `id` is the same mail to whoever gets it twice. */
  send(mail: RenderedMail & { id: string; to: string }): Promise<void>;
  close(): void;
}

/** SMTP as configured. Throws when `caFile` cannot be read. */
export function smtpTransport(config: MailConfig, domain: string): MailTransport {
  const { host, port, security, user, password, from, caFile } = config;
  const transport = createTransport({
    host,
    port,
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
      await transport.sendMail({
        from,
        // An object, so that nothing in the address can be read as a second one.
        to: { name: '', address: to },
        subject,
        text,
        html,
        messageId: `<${id}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated' },
      });
    },
    close: () => transport.close(),
  };
}

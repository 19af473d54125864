import { once } from 'node:events';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { ServerConfig } from '../config.ts';

export interface SmtpSink {
  /** For `startTestServer({ config })`. */
  config: NonNullable<ServerConfig['mail']>;
  /** In the order they came. */
  mails: Email[];
  /** The newest mail whose subject has this word; throws when there is none. */
  find(word: string): Email;
  /** Stops listening; `start` listens again at the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A real mail server on loopback that keeps what it takes. */
export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: Email[] = [];
  let port = 0;
  let server: SMTPServer | null = null;
  const start = async (): Promise<void> => {
    const made = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      onData(stream, _session, callback) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          PostalMime.parse(Buffer.concat(chunks)).then(
            (mail) => {
              mails.push(mail);
              callback();
            },
            (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
          );
        });
      },
    });
    const listening = made.listen(port, '127.0.0.1');
    await once(listening, 'listening');
    const address = listening.address();
    if (address !== null && typeof address === 'object') port = address.port;
    server = made;
  };
  await start();
  return {
    config: { host: '127.0.0.1', port, security: 'none', from: 'Test team <vpn@test.example>' },
    mails,
    find(word) {
      const mail = mails.findLast(({ subject }) => subject?.includes(word));
      if (!mail) throw new Error(`no mail about "${word}" among: ${mails.map((m) => m.subject).join(' | ')}`);
      return mail;
    },
    async stop() {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (server) server.close(() => resolve());
      else resolve();
      await promise;
      server = null;
    },
    start,
  };
}

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
  /** While set, the server answers so there: at `RCPT TO`, after `DATA`, or to a sign-in. */
  refusal: { at: 'rcpt' | 'data' | 'auth'; code: number; text: string } | null;
  /** How those who sent something named themselves, in order. */
  names: string[];
  /** Stops listening; `start` listens again at the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A real mail server on loopback that keeps what it takes. */
/** `asksWho`: only whoever signs in may send. */
export async function startSmtpSink({ asksWho = false } = {}): Promise<SmtpSink> {
  const mails: Email[] = [];
  const names: string[] = [];
  const refusalAt = (at: NonNullable<SmtpSink['refusal']>['at']): Error | null =>
    sink.refusal?.at === at
      ? Object.assign(new Error(sink.refusal.text), { responseCode: sink.refusal.code })
      : null;
  let port = 0;
  let server: SMTPServer | null = null;
  const start = async (): Promise<void> => {
    const made = new SMTPServer({
      disabledCommands: asksWho ? ['STARTTLS'] : ['AUTH', 'STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username }, _session, callback) => callback(refusalAt('auth'), { user: username }),
      onMailFrom: (_address, { hostNameAppearsAs }, callback) => {
        names.push(String(hostNameAppearsAs));
        callback();
      },
      onRcptTo: (_address, _session, callback) => callback(refusalAt('rcpt')),
      disableReverseLookup: true,
      onData(stream, _session, callback) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          PostalMime.parse(Buffer.concat(chunks)).then(
            (mail) => {
              const refusal = refusalAt('data');
              if (!refusal) mails.push(mail);
              callback(refusal);
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
  const sink: SmtpSink = {
    config: { host: '127.0.0.1', port, security: 'none', from: 'Test team <vpn@test.example>' },
    mails,
    names,
    refusal: null,
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
  await start();
  sink.config.port = port;
  return sink;
}

import { createServer } from 'node:http';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { type CaughtMail, listPage, mailPage } from './mail-page.ts';

/**
 * The mail server of the stack: takes every mail over SMTP, sends none on, and shows them on a page. Loopback only; the
 * mails live as long as this process. Arguments: SMTP port, port of the page.
 */
const [smtpPort = '', pagePort = ''] = process.argv.slice(2);
const HOST = '127.0.0.1';
const MOST_MAILS = 1000;
const LARGEST_MAIL_BYTES = 1024 * 1024;

const mails: CaughtMail[] = [];
let taken = 0;

async function take(stream: SMTPServerDataStream, to: string[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  const { from, subject, text, html, messageId } = await PostalMime.parse(Buffer.concat(chunks));
  taken++;
  mails.unshift({
    id: String(taken),
    at: new Date().toISOString(),
    from: from?.address ?? '',
    to,
    subject: subject ?? '',
    messageId: messageId ?? '',
    text: text ?? '',
    html: html ?? '',
  });
  mails.splice(MOST_MAILS);
}

const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  size: LARGEST_MAIL_BYTES,
  disableReverseLookup: true,
  onData(stream, session, callback) {
    take(
      stream,
      session.envelope.rcptTo.map(({ address }) => address),
    ).then(
      () => callback(),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  },
});
smtp.on('error', (error: Error) => console.error(error.message));
smtp.listen(Number(smtpPort), HOST);

/** Mails are looked at, not believed: their HTML stands in a frame that may run nothing. */
const headers = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};
const page = createServer((request, response) => {
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, { ...headers, 'content-type': `${type}; charset=utf-8` });
    response.end(body);
  };
  const { pathname } = new URL(request.url ?? '/', `http://${HOST}`);
  if (pathname === '/') return send(200, 'text/html', listPage(mails));
  if (pathname === '/mails.json') return send(200, 'application/json', JSON.stringify(mails));
  const mail = mails.find(({ id }) => pathname === `/mail/${id}`);
  return mail ? send(200, 'text/html', mailPage(mail)) : send(404, 'text/plain', 'No such mail.\n');
});
page.listen(Number(pagePort), HOST);

process.on('SIGTERM', () => process.exit(0));

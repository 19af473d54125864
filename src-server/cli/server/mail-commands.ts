import type { Command } from 'commander';
import { mailFailure } from '../../mail/mail-failure.ts';
import { renderMail } from '../../mail/render-mail.ts';
import { newId } from '../../tokens.ts';
import {
  type CommonOptions,
  EXIT_CONFIG,
  EXIT_FAILED,
  print,
  readConfig,
  refuse,
  say,
  withCommonOptions,
} from '../run-command.ts';

/** `mail test`. */
export function addMailCommands(program: Command): void {
  const mail = program.command('mail').description('what the server tells people by mail');
  withCommonOptions(mail.command('test'))
    .description('send one mail at once, beside the outbox, and say what the mail server answers')
    .requiredOption('--to <address>', 'who gets it')
    .addHelpText('after', '\nExample:\n  postern-server mail test --to you@example.com')
    .action(test);
}

async function test(options: CommonOptions & { to: string }): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  if (!config.mail) {
    refuse(options, ['mail: no mail server is configured. Set mail.host and mail.from'], EXIT_CONFIG);
    return;
  }
  // Here and not above: the other commands do without an SMTP client.
  const { openTransport } = await import('../../mail/mail-transport.ts');
  const opened = openTransport(config);
  if (!opened.ok) {
    refuse(options, opened.mistakes, EXIT_CONFIG);
    return;
  }
  const { host, port } = config.mail;
  const words = {
    subject: `Test mail from ${config.teamName}`,
    paragraphs: ['Mails of this server arrive here.'],
    facts: [['Server', config.issuer] satisfies [string, string]],
  };
  const id = newId(Date.now());
  try {
    const answer = await opened.transport?.send({
      id,
      to: options.to,
      ...renderMail(words, config.teamName),
    });
    print(options, { ok: true, server: `${host}:${port}`, answer }, [
      `${host}:${port} has taken the mail: ${answer}`,
      'If it does not arrive, look among spam, and at the log of that mail server.',
    ]);
  } catch (error) {
    const { why, code, isFinal } = mailFailure(error);
    const remedy = remedyFor(code, why);
    if (options.json)
      print(options, { ok: false, server: `${host}:${port}`, why, code, isFinal, remedy }, []);
    else for (const line of [`${host}:${port} has not taken the mail: ${why}`, remedy]) say(line);
    process.exitCode = EXIT_FAILED;
  } finally {
    opened.transport?.close();
  }
}

/** What to look at, by nodemailer's code and the reply of the mail server. */
function remedyFor(code: string, why: string): string {
  if (/^5\d\d .*\b(EHLO|HELO|host ?name)\b/i.test(why) || /^504\b/.test(why))
    return 'It does not like the name of this server: set mail.ehloName to a host name that the DNS knows.';
  if (/certificate/i.test(why))
    return 'Its certificate is not good here: set mail.host to the name in it and, for an authority of your own, mail.caFile.';
  switch (code) {
    case 'EAUTH':
    case 'ENOAUTH':
      return 'Look at mail.user and mail.password.';
    case 'ETLS':
    case 'EREQUIRETLS':
      return 'It does not encrypt the way that was asked for: look at mail.security (starttls is usual on port 587, tls on 465).';
    case 'EENVELOPE':
      return 'Look at the address of --to, at mail.from, and at whether that mail server relays for this machine.';
    case 'EMESSAGE':
      return 'Ask whoever runs that mail server.';
    default:
      return 'Look at mail.host and mail.port, and at the firewall between here and there (`mail.security = "tls"` is for port 465).';
  }
}

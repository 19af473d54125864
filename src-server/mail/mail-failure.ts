import * as z from 'zod';

/** Why a mail was not taken. */
export interface MailFailure {
  /** One line for an administrator: what the mail server answered, or what kept it from answering. */
  why: string;
  /** The same mail would be refused again (RFC 5321 §4.2.1: 5yz): no use in trying on. */
  isFinal: boolean;
  /** nodemailer's (`EAUTH`, `ESOCKET`, …). */
  code: string;
}

const MOST_CHARACTERS = 300;

const smtpError = z.looseObject({
  message: z.string().default(''),
  code: z.string().default(''),
  response: z.string().optional(),
  permanent: z.boolean().optional(),
});

/** What an error of `MailTransport.send` says. An envelope that no mail server was asked about is wrong for good. */
export function mailFailure(error: unknown): MailFailure {
  const { message, code, response, permanent } = smtpError.parse(
    typeof error === 'object' && error !== null ? error : { message: String(error) },
  );
  const isFinal = permanent ?? code === 'EENVELOPE';
  return { why: oneLine(response ?? message) || 'no reason was given', isFinal, code };
}

/** A mail server says what it likes; what Node adds to it for programmers is left out. */
function oneLine(text: string): string {
  const line = text
    .replace(/; if the root CA is installed.*$/s, '')
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
}

import type { MailContent } from './mail-content.ts';
import { teamChangeWords } from './team-change-words.ts';

/** A mail before it is laid out: plain text, nothing of it trusted as HTML. */
export interface MailWords {
  subject: string;
  /** One sentence or a few each. */
  paragraphs: string[];
  /** The facts, one line each. */
  facts: [label: string, value: string][];
  link?: { label: string; url: string };
}

/** Where the link of the mail goes that has none of its own. */
export interface MailPlace {
  teamName: string;
  accountUrl: string;
}

const notYou =
  'If this was not you, change your password now and tell your administrator: somebody else may know it.';

/** The words of a mail. Times are given in UTC: the reader may be anywhere. */
export function mailWords(content: MailContent, { teamName, accountUrl }: MailPlace): MailWords {
  const account = { label: 'Open your account', url: accountUrl };
  switch (content.kind) {
    case 'mfa-reset':
      return {
        subject: `Set up your authenticator again for ${teamName}`,
        paragraphs: [
          `Your administrator lets you set up a new authenticator for ${teamName}. Nothing has changed yet: your present authenticator and backup codes stay valid until the new one is confirmed.`,
          'Open the link, enter your password and scan the code with your authenticator app.',
          'If you did not ask for this, do not open the link and tell your administrator.',
        ],
        facts: [['The link works once, until', utc(content.expiresAt)]],
        link: { label: 'Set up a new authenticator', url: content.link },
      };
    case 'factor-new':
      return {
        subject: `A new authenticator is set up for ${teamName}`,
        paragraphs: [newFactorSentence[content.how], notYou],
        facts: whenAndWhere(content),
        link: account,
      };
    case 'factor-off':
      return {
        subject: `Your second factor for ${teamName} is off`,
        paragraphs: [
          'Your authenticator and your backup codes no longer count. From now on a password is enough to sign in, until you set up a new authenticator.',
          notYou,
        ],
        facts: whenAndWhere(content),
        link: account,
      };
    case 'backup-code-used':
      return {
        subject: `A backup code was used for ${teamName}`,
        paragraphs: [
          'One of your backup codes was used in place of a code from your authenticator. It is spent and works no more.',
          ...(content.codesLeft <= 3
            ? ['You have few codes left: sign in with your authenticator and make new ones.']
            : []),
          notYou,
        ],
        facts: [...whenAndWhere(content), ['Backup codes left', String(content.codesLeft)]],
        link: account,
      };
    case 'new-device':
      return {
        subject: `A new device signed in to ${teamName}`,
        paragraphs: [
          'A device that was not seen before signed in with your account.',
          `${notYou} You can sign the device out in your account.`,
        ],
        facts: [
          ['Device', `${oneLine(content.deviceName)} (${oneLine(content.platform)})`],
          ...whenAndWhere(content),
        ],
        link: account,
      };
    case 'disconnected':
      return {
        subject: `Your connection to ${teamName} was ended`,
        paragraphs: [
          'Your team ended your connection. To connect again you will be asked for fresh proof.',
          'If you do not know why, ask your administrator.',
        ],
        facts: [
          ['Reason', oneLine(content.message)],
          ...(content.incidentId === null
            ? []
            : [['Incident', oneLine(content.incidentId)] satisfies [string, string]]),
          ['When', utc(content.at)],
        ],
      };
    case 'password-changed':
      return {
        subject: `Your password for ${teamName} was changed`,
        paragraphs: [
          'Every other session has ended, and so has every connection.',
          'If this was not you, tell your administrator at once.',
        ],
        facts: whenAndWhere(content),
      };
    case 'team-change': {
      const { sentence, facts } = teamChangeWords(content.change);
      return {
        subject: `${sentence.subject}: ${teamName}`,
        paragraphs: [
          sentence.text,
          'Every owner of the team is told. If you do not know why, ask who did it, and look at the audit log.',
        ],
        facts: [
          ...facts.map(([label, value]) => [label, oneLine(value)] satisfies [string, string]),
          ['Who', oneLine(content.by)],
          ...whenAndWhere(content),
        ],
      };
    }
    case 'password-set':
      return {
        subject: `Your password for ${teamName} was set by an administrator`,
        paragraphs: [
          'It works no more as you knew it. Every session has ended, and so has every connection.',
          'If you did not ask for this, tell another administrator at once.',
        ],
        facts: [['When', utc(content.at)]],
      };
    case 'email-changed':
      return {
        subject: `Your e-mail address for ${teamName} was changed`,
        paragraphs: [
          'From now on you sign in with the new address, and mails go there.',
          'If you did not ask for this, tell an administrator at once. This mail goes to both addresses.',
        ],
        facts: [
          ['Old address', oneLine(content.from)],
          ['New address', oneLine(content.to)],
          ['When', utc(content.at)],
        ],
      };
    case 'role-changed':
      return {
        subject: `Your role in ${teamName} was changed`,
        paragraphs: ['If you do not know why, ask an owner of your team.'],
        facts: [
          ['Old role', content.from],
          ['New role', content.to],
          ['When', utc(content.at)],
        ],
      };
    case 'factor-disabled':
      return {
        subject: `Your authenticator for ${teamName} is disabled`,
        paragraphs: [
          'After too many wrong codes your authenticator and your backup codes count for nothing until an administrator enables them again.',
          notYou,
        ],
        facts: whenAndWhere(content),
      };
    case 'server-restored':
      return {
        subject: `${teamName} was restored from a backup`,
        paragraphs: [
          'Your team’s server works with an earlier copy of its records. You are asked to sign in again, and for a code from your authenticator; one that it has just shown does not count, the next one does.',
          'Your backup codes count no more: make new ones in your account. A password or an authenticator that you changed after that copy was made is the old one again: change it once more.',
          ...(content.isOwner
            ? [
                'You are an owner: API tokens are suspended until one of you confirms each in the Control Panel. Look whether members that were blocked or removed since are back.',
              ]
            : []),
        ],
        facts: [
          ...(content.madeAt === null ? [] : [['State of', utc(content.madeAt)] satisfies [string, string]]),
          ['Restored', utc(content.at)],
        ],
        link: account,
      };
    case 'certificate-expiring':
      return {
        subject:
          content.days === 0
            ? `The certificate of ${content.host} has expired`
            : `The certificate of ${content.host} expires soon`,
        paragraphs: [
          content.days === 0
            ? `Clients and gateways of ${teamName} do not accept the server any more: nobody can connect. Whoever runs the server has to renew its certificate.`
            : `Once it has expired, nobody can connect to ${teamName} any more. Whoever runs the server has to renew its certificate by then.`,
          'The server reads a new certificate by itself; it need not be started anew.',
        ],
        facts: [
          ['Server', oneLine(content.host)],
          ['Valid until', utc(content.notAfter)],
        ],
      };
    case 'unlock-removed':
      return {
        subject: `PIN or biometrics for ${teamName} were removed`,
        paragraphs: [unlockSentence[content.why], notYou],
        facts: [
          ['Device', content.deviceName === null ? 'all of your devices' : oneLine(content.deviceName)],
          ...whenAndWhere(content),
        ],
        link: account,
      };
  }
}

const unlockSentence = {
  'wrong-pins':
    'After too many wrong PINs this device can no longer be unlocked. The next connection needs a code from your authenticator, and then you can set a new PIN.',
  'by-member': 'This was done on the device itself. It can be set up again there.',
  'by-administrator':
    'An administrator has removed them. The next connection needs a code from your authenticator, and then you can set them up again.',
};

const newFactorSentence = {
  first: 'Your account now asks for a code from your authenticator app at every sign-in.',
  replaced:
    'Your account has a new authenticator. The old one and its backup codes no longer work, and your connections have ended.',
  reset:
    'Your authenticator was set up again through the link of your administrator. The old one and its backup codes no longer work, and every session and connection has ended.',
};

function whenAndWhere({ at, ip }: { at: string; ip: string | null }): [string, string][] {
  return [['When', utc(at)], ...(ip === null ? [] : [['From', ip] satisfies [string, string]])];
}

/** `2026-11-21T12:03:44.000Z` → `21 November 2026, 12:03 UTC`. */
function utc(iso: string): string {
  const text = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  return `${text.format(new Date(iso)).replace(' at ', ', ')} UTC`;
}

/** Names and reasons come from outside: no line breaks or control characters that would pass for words of ours. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
}

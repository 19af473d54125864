import type { PolicyRule } from '../../src-shared/policy.ts';
import type { TeamChange } from './mail-content.ts';

interface TeamChangeWords {
  sentence: { subject: string; text: string };
  /** Plain text; names come from outside. */
  facts: [label: string, value: string][];
}

/** What owners are told of one change. */
export function teamChangeWords(change: TeamChange): TeamChangeWords {
  switch (change.what) {
    case 'policy':
      return {
        sentence: change.isUngated
          ? {
              subject: 'Both gates were turned off',
              text: 'Nobody is asked for a code or an unlock before a connection any more, and a step-up disconnect is without effect.',
            }
          : {
              subject: 'A rule was loosened',
              text: 'The rules of your team now ask for less than before.',
            },
        facts: [
          ...change.rules.map(
            ({ rule, from, to }) => [nameOf(rule), `${from} → ${to}`] satisfies [string, string],
          ),
          ...(change.exempted > 0
            ? [
                ['Devices newly exempt from holding traffic back', String(change.exempted)] satisfies [
                  string,
                  string,
                ],
              ]
            : []),
        ],
      };
    case 'member-added':
      return {
        sentence: {
          subject: `A new ${change.role} was added`,
          text: 'Somebody new may administer your team.',
        },
        facts: [
          ['Member', change.member],
          ['Role', change.role],
        ],
      };
    case 'role-raised':
      return {
        sentence: {
          subject: 'A member was given more rights',
          text: 'A member has a higher role than before.',
        },
        facts: [
          ['Member', change.member],
          ['Role', `${change.from} → ${change.to}`],
        ],
      };
    case 'email-changed':
      return {
        sentence: {
          subject: 'The address of a member was changed',
          text: 'The member signs in with another address, and mails go there.',
        },
        facts: [
          ['Member', change.member],
          ['Address', `${change.from} → ${change.to}`],
        ],
      };
    case 'gateway-token':
      return {
        sentence: change.isNew
          ? {
              subject: 'A gateway was added',
              text: 'Members can connect through it once its agent runs.',
            }
          : {
              subject: 'A new token for a gateway was made',
              text: 'Whoever has it can stand in for that gateway. Make another one if nobody of you did.',
            },
        facts: [['Gateway', change.gateway]],
      };
    case 'encryption-key':
      return {
        sentence: {
          subject: 'The encryption key of the server was replaced',
          text: 'Backups from before open with the old key alone: keep it for as long as you keep them. If nobody of you did it, somebody else has your server.',
        },
        facts: [],
      };
    case 'lease-key':
      return {
        sentence:
          change.step === 'begun'
            ? {
                subject: 'A new lease key of the server was begun',
                text: 'Computers hear of it over their channel and trust it beside the present one, until an administrator of the server finishes the change. If nobody of you did it, somebody else has your server.',
              }
            : {
                subject: 'The lease key of the server was replaced',
                text: 'Computers that have not heard of the new one have to trust the server anew, with its new fingerprint. If nobody of you did it, somebody else has your server.',
              },
        facts: [],
      };
    case 'password-set':
      return {
        sentence: {
          subject: 'A member was given a new password',
          text: 'It is temporary: another one is asked for at the first sign-in.',
        },
        facts: [['Member', change.member]],
      };
    case 'mfa-reset':
      return {
        sentence: {
          subject: 'A reset of MFA was begun',
          text: 'A member was sent a link to set up a new authenticator. Nothing has changed yet.',
        },
        facts: [['Member', change.member]],
      };
    case 'break-glass':
      return {
        sentence: {
          subject: 'A reset of MFA was printed on the server',
          text: 'Whoever has it and the password of this member can set up a new authenticator in the place of the present one. If nobody of you asked for it, somebody else has your server.',
        },
        facts: [
          ['Member', change.member],
          ['Until', change.expiresAt],
        ],
      };
    case 'api-token':
      return {
        sentence: change.isConfirmed
          ? {
              subject: 'An API token was confirmed',
              text: 'After the restore of the server a program may act for your team with it again.',
            }
          : { subject: 'An API token was made', text: 'A program may act for your team with it.' },
        facts: [
          ['Name', change.name],
          ['May', change.scopes.join(', ')],
          ['Until', change.expiresAt],
        ],
      };
    case 'api-token-kept':
      return {
        sentence: {
          subject: 'An API token is kept',
          text: 'It goes on working when whoever made it leaves, is blocked or is demoted.',
        },
        facts: [['Name', change.name]],
      };
    case 'maker-tokens': {
      const { names, member, isKept, why } = change;
      const [title, they, them] =
        names.length === 1 ? ['An API token', 'It', 'it'] : ['API tokens', 'They', 'them'];
      const been = names.length === 1 ? 'has' : 'have';
      return {
        sentence: isKept
          ? {
              subject: `${title} ${been} been kept`,
              text: `Whoever made ${them} ${makerEnds[why]}. ${they} ${names.length === 1 ? 'goes' : 'go'} on working: that was chosen.`,
            }
          : {
              subject: `${title} ${been} ended`,
              text: `Whoever made ${them} ${makerEnds[why]}. What uses ${them} is refused from now on; make a new one if it is still needed.`,
            },
        facts: [
          ['Made by', member],
          ['Name', names.join(', ')],
        ],
      };
    }
  }
}

const makerEnds: Record<Extract<TeamChange, { what: 'maker-tokens' }>['why'], string> = {
  'maker-removed': 'was removed',
  'maker-blocked': 'was blocked',
  'maker-demoted': 'is no administrator any more',
};

const ruleNames: Record<PolicyRule, string> = {
  totpPriorConnection: 'Code before every connection',
  unlockPriorConnection: 'PIN or biometrics before every connection',
  unlockMethods: 'Ways of unlocking',
  softUnlockHours: 'Hours that the sign-in of the system counts',
  codeEveryDays: 'Days until a code is asked for (0: never)',
  'mfaRequired.panel': 'Second factor required for the Control Panel',
  'mfaRequired.client': 'Second factor required for the client',
  signInGraceSeconds: 'Seconds that the code of a sign-in counts for a connection',
  maxConnectionSeconds: 'Longest connection in seconds',
  idleSeconds: 'Seconds until a silent connection ends',
  trafficWhileWaiting: 'Traffic while nobody has confirmed',
  guardAllowLan: 'Own network stays reachable',
  guardPortalMinutes: 'Minutes for the sign-in page of a network',
  guardUserMayRelease: 'Users may end the holding back',
  moveWithoutCode: 'Going on at another gateway without a code',
};

/** A rule of a later version, from a mail that waited, is told by its key. */
function nameOf(rule: string): string {
  return Object.entries(ruleNames).find(([key]) => key === rule)?.[1] ?? rule;
}

import * as z from 'zod';
import { memberRole } from '../../src-shared/member-role.ts';
import { isoTime } from '../../src-shared/primitives.ts';

/** From where something was done; null when it was not over the network. */
const ip = z.string().nullable();

/** What weakens the team's protection or gives somebody more rights. `member`: name and address. */
export const teamChange = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('policy'),
    rules: z.array(z.object({ rule: z.string(), from: z.string(), to: z.string() })),
    /** Devices that may connect although they cannot hold traffic back. */
    exempted: z.number().int(),
    /** Neither gate policy is on any more. */
    isUngated: z.boolean(),
  }),
  z.object({ what: z.literal('member-added'), member: z.string(), role: memberRole }),
  z.object({ what: z.literal('role-raised'), member: z.string(), from: memberRole, to: memberRole }),
  z.object({ what: z.literal('email-changed'), member: z.string(), from: z.string(), to: z.string() }),
  /** Of a gateway that was added, or a further one of one that there was. */
  z.object({ what: z.literal('gateway-token'), gateway: z.string(), isNew: z.boolean() }),
  /** Of the server: another one has taken its place. */
  z.object({ what: z.literal('encryption-key') }),
  z.object({ what: z.literal('lease-key'), step: z.enum(['begun', 'finished']) }),
  z.object({ what: z.literal('password-set'), member: z.string() }),
  z.object({ what: z.literal('mfa-reset'), member: z.string() }),
  z.object({ what: z.literal('break-glass'), member: z.string(), expiresAt: isoTime }),
  z.object({
    what: z.literal('api-token'),
    name: z.string(),
    scopes: z.array(z.string()),
    expiresAt: isoTime,
    /** Not made, but allowed again after the server was restored. */
    isConfirmed: z.boolean().optional(),
  }),
  /** It outlives whoever made it from now on. */
  z.object({ what: z.literal('api-token-kept'), name: z.string() }),
  /** Who made API tokens has left, is blocked or was demoted: they have ended, or are kept. */
  z.object({
    what: z.literal('maker-tokens'),
    member: z.string(),
    names: z.array(z.string()),
    isKept: z.boolean(),
    why: z.enum(['maker-removed', 'maker-blocked', 'maker-demoted']),
  }),
]);
export type TeamChange = z.infer<typeof teamChange>;

/** What a mail tells a member. Lies sealed in the outbox: `link` is a secret. */
export const mailContent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mfa-reset'), link: z.url(), expiresAt: isoTime }),
  z.object({
    kind: z.literal('factor-new'),
    at: isoTime,
    ip,
    /** `first`: MFA was off. `replaced`: by the member. `reset`: through the link of an administrator. */
    how: z.enum(['first', 'replaced', 'reset']),
  }),
  z.object({ kind: z.literal('factor-off'), at: isoTime, ip }),
  z.object({ kind: z.literal('backup-code-used'), at: isoTime, ip, codesLeft: z.number().int() }),
  z.object({
    kind: z.literal('new-device'),
    at: isoTime,
    ip,
    deviceName: z.string(),
    platform: z.string(),
  }),
  z.object({
    kind: z.literal('disconnected'),
    at: isoTime,
    message: z.string(),
    incidentId: z.string().nullable(),
  }),
  z.object({ kind: z.literal('password-changed'), at: isoTime, ip }),
  /** To owners. `by`: name and address of the administrator. */
  z.object({ kind: z.literal('team-change'), at: isoTime, ip, by: z.string(), change: teamChange }),
  /** By somebody else: where from is none of the member's business. */
  z.object({ kind: z.literal('password-set'), at: isoTime }),
  /** One goes to the old and one to the new address. */
  z.object({
    kind: z.literal('email-changed'),
    at: isoTime,
    from: z.string(),
    to: z.string(),
    recipient: z.string(),
  }),
  z.object({ kind: z.literal('role-changed'), at: isoTime, from: memberRole, to: memberRole }),
  /** After too many wrong codes, the last of them from `ip`. */
  z.object({ kind: z.literal('factor-disabled'), at: isoTime, ip }),
  /** To owners, 21, 7 and 1 days before (`days`) and when it has expired (0). */
  z.object({
    kind: z.literal('certificate-expiring'),
    at: isoTime,
    host: z.string(),
    notAfter: isoTime,
    days: z.number().int(),
  }),
  z.object({
    kind: z.literal('unlock-removed'),
    at: isoTime,
    ip,
    /** Null: every device of the member. */
    deviceName: z.string().nullable(),
    why: z.enum(['wrong-pins', 'by-member', 'by-administrator']),
  }),
  /** `madeAt`: of the backup; null where nobody knows. `isOwner`: has tokens to confirm. */
  z.object({
    kind: z.literal('server-restored'),
    at: isoTime,
    madeAt: isoTime.nullable(),
    isOwner: z.boolean(),
  }),
]);
export type MailContent = z.infer<typeof mailContent>;

/** Where the mail goes, if not to the member's address as it is when the mail is sent. */
export function recipientOf(content: MailContent): string | null {
  return content.kind === 'email-changed' ? content.recipient : null;
}

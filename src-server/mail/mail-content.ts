import * as z from 'zod';
import { isoTime } from '../../src-shared/primitives.ts';

/** From where something was done; null when it was not over the network. */
const ip = z.string().nullable();

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
]);
export type MailContent = z.infer<typeof mailContent>;
export type MailKind = MailContent['kind'];

import * as z from 'zod';
import { LONGEST_PASSWORD } from './password-rules.ts';
import { personName } from './typed-name.ts';
import { typedTime } from './typed-time.ts';

/** Integration API, `/api/v1`: names and shapes of GoodAccess's, in its snake case. */

export const apiScope = z.enum(['members:read', 'members:write', 'members:disconnect', 'logs:read']);
export type ApiScope = z.infer<typeof apiScope>;

export const memberListItem = z.object({
  id: z.string(),
  /** `YYYY-MM-DD HH:MM:SS`, UTC. */
  created_at: z.string(),
  avatar: z.string().nullable(),
  name: z.string(),
  username: z.string(),
  is_user_blocked: z.boolean(),
  is_mfa_active: z.boolean(),
});

export const memberDetail = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  avatar_url: z.string().nullable(),
  is_mfa_active: z.boolean(),
  is_blocked: z.boolean(),
});

/** Of a disconnect's `reason` and `incident_id`, in characters. */
export const MAX_REASON = 200;
export const MAX_INCIDENT_ID = 100;

/** Cut at so many characters; what is no text is nothing. */
const cutText = (most: number) =>
  z
    .string()
    .describe(`Cut at ${most} characters.`)
    .transform((text) => [...text.trim()].slice(0, most).join('').trimEnd())
    .nullish()
    .catch(null);

/** An emergency is never refused for its body: what cannot be understood is left out. */
export const disconnectRequest = z
  .object({ reason: cutText(MAX_REASON), incident_id: cutText(MAX_INCIDENT_ID) })
  .nullish()
  .catch(null);

/** 200 with `enforced: true`, 202 with `enforced: false` (a gateway has not confirmed yet; it is retried). */
export const disconnectAnswer = z.object({
  message: z.string(),
  ended_connections: z.number().int(),
  enforced: z.boolean(),
  /** Devices whose open channel took the `disconnect` frame. */
  notified: z.number().int(),
  /** Devices that will hear of it when they come back. */
  offline: z.number().int(),
  warning: z.string().optional(),
});

const memberFields = {
  name: personName,
  email: z.string().trim().min(3).max(254),
  password: z.string().min(1).max(LONGEST_PASSWORD),
};

/** `POST member`. GoodAccess calls the e-mail address `username` in its lists: either name is taken. */
export const newMemberBody = z
  .strictObject({
    ...memberFields,
    email: memberFields.email.optional(),
    username: memberFields.email.optional(),
  })
  .refine(({ email, username }) => (email === undefined) !== (username === undefined), {
    path: ['email'],
    error: 'expected the e-mail address, as email or as username',
  });
export const createdAnswer = z.object({ created_id: z.string(), message: z.string() });

/** `PUT member/{teamMemberId}`: what is left out stays. A new password and a block end sessions and connections. */
export const editMemberBody = z
  .strictObject({
    name: memberFields.name.optional(),
    email: memberFields.email.optional(),
    password: memberFields.password.optional(),
    is_blocked: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, { error: 'nothing to change' });
export const messageAnswer = z.object({ message: z.string() });

const logId = z.string().max(100).toLowerCase();
const paging = {
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};

/** Where a page begins: at a number, or beside a row, which costs the same however deep it is. */
const oneWay = (query: { page: number; before?: unknown; after?: unknown }): boolean =>
  [query.page > 1, query.before !== undefined, query.after !== undefined].filter(Boolean).length <= 1;
const onlyOneWay = { path: ['page'], error: 'expected page, before or after, not two of them' };

/**
 * `start` inclusive, `end` exclusive: what was connected at some moment between them. `before`: the rows older than the
 * connection with this id; `after`: those right after it, the newest first too.
 */
export const gatewayLogsQuery = z
  .strictObject({
    start: typedTime.optional(),
    end: typedTime.optional(),
    member_id: logId.optional(),
    gateway_id: logId.optional(),
    before: logId.optional(),
    after: logId.optional(),
    ...paging,
  })
  .refine(oneWay, onlyOneWay);
export type GatewayLogsQuery = z.infer<typeof gatewayLogsQuery>;

const rowNumber = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** `before`, `after`: as above, with the `id` of a row. */
export const systemLogsQuery = z
  .strictObject({
    start: typedTime.optional(),
    end: typedTime.optional(),
    member_id: logId.optional(),
    gateway_id: logId.optional(),
    action: z.string().max(100).optional(),
    outcome: z.enum(['ok', 'refused', 'failed']).optional(),
    search: z.string().trim().max(100).optional(),
    before: rowNumber.optional(),
    after: rowNumber.optional(),
    ...paging,
  })
  .refine(oneWay, onlyOneWay);
export type SystemLogsQuery = z.infer<typeof systemLogsQuery>;

/** One tunnel, newest first. Times are `YYYY-MM-DD HH:MM:SS` UTC; bytes received and sent as the gateway counts them. */
export const gatewayLogItem = z.object({
  id: z.string(),
  protocol: z.literal('WireGuard'),
  start: z.string(),
  stop: z.string().nullable(),
  uploaded_bytes: z.number().int(),
  downloaded_bytes: z.number().int(),
  user: z.object({ id: z.string(), name: z.string(), username: z.string() }),
  gateway: z.object({
    id: z.string(),
    name: z.string(),
    ip: z.string().nullable(),
    location: z.string().nullable(),
  }),
  member_id: z.string(),
  username: z.string(),
  device_name: z.string(),
  gateway_id: z.string(),
  gateway_name: z.string(),
  ip_address: z.string(),
  connected_at: z.string(),
  disconnected_at: z.string().nullable(),
  reason: z.string().nullable(),
  bytes_received: z.number().int(),
  bytes_sent: z.number().int(),
});

/** One audit row, newest first. */
export const systemLogItem = z.object({
  id: z.number().int(),
  created_at: z.string(),
  actor: z.string(),
  action: z.string(),
  subject: z.string().nullable(),
  outcome: z.string(),
  ip_address: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

import * as z from 'zod';

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

export const disconnectRequest = z.strictObject({
  reason: z.string().trim().max(200).nullish(),
  incident_id: z.string().trim().max(100).nullish(),
});

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

export const logsQuery = z.strictObject({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

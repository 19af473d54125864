import * as z from 'zod';
import { apiScope } from '../integration-api.ts';
import { id, isoTime } from '../primitives.ts';
import { properName } from '../typed-name.ts';
import { typedAddressOrNetwork } from '../typed-network.ts';
import { nextCursor } from './paging.ts';

/**
 * Tokens of the integration API, `/panel/v1`, administrators and owners:
 *
 * | call | request | answers |
 * |---|---|---|
 * | GET api-tokens | `pageQuery` | 200 `apiTokensAnswer` |
 * | POST api-tokens | `newApiTokenRequest` | 201 `newApiTokenAnswer` |
 * | POST api-tokens/{id}/confirm | – | 204 (`suspended` becomes `active`; owners, with a step-up) · 404 `not-found` |
 * | PUT api-tokens/{id} | `keepTokenRequest` | 204 (keeping needs a step-up) · 404 `not-found` · 409 `wrong-state` (its maker has left) |
 * | DELETE api-tokens/{id} | – | 204 (revoked; it stays in the list) · 404 `not-found` (unknown, or revoked already) |
 */

export const panelApiToken = z.object({
  id,
  name: z.string(),
  scopes: z.array(apiScope),
  /** Networks it works from; empty: from everywhere. */
  allowedIps: z.array(z.string()),
  status: z.enum(['active', 'suspended', 'expired', 'revoked']),
  createdAt: isoTime,
  expiresAt: isoTime,
  revokedAt: isoTime.nullable(),
  lastUsedAt: isoTime.nullable(),
  lastUsedIp: z.string().nullable(),
  useCount: z.number().int(),
  /** Name and address; null: on the server's own machine. */
  madeBy: z.string().nullable(),
  /** It does not end when its maker leaves, is blocked or is demoted. */
  isKept: z.boolean(),
  /** Why it was revoked: by hand, or with its maker. */
  endReason: z.enum(['revoked', 'maker-removed', 'maker-blocked', 'maker-demoted']).nullable(),
});
export type PanelApiToken = z.infer<typeof panelApiToken>;

/** Newest first. */
export const apiTokensAnswer = z.object({ apiTokens: z.array(panelApiToken), nextCursor });

export const newApiTokenRequest = z.strictObject({
  name: properName,
  scopes: z.array(apiScope).min(1).max(apiScope.options.length),
  /** A single address counts as a network of its own. */
  allowedIps: z.array(typedAddressOrNetwork).max(64).default([]),
  expiresDays: z.number().int().min(1).max(3650).default(90),
});

export const keepTokenRequest = z.strictObject({ isKept: z.boolean() });

/** The value is shown this once. */
export const newApiTokenAnswer = z.object({ apiToken: panelApiToken, token: z.string() });

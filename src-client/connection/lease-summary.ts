import * as z from 'zod';
import type { ConnectAnswer } from '../../src-shared/client-api.ts';
import type { LeaseSummary } from '../../src-shared/connection-state.ts';
import { parseJson } from '../../src-shared/parse-json.ts';

/** What the client shows of a lease; loose, because only the helper decides whether a lease is good. */
const shown = z.object({
  iat: z.number(),
  wg: z.object({ addresses: z.array(z.string()), alternatePorts: z.array(z.number().int()).default([]) }),
});

/**
 * The answer 201 → summary, and when it was made: milliseconds by the server's clock, to the second. Null when the lease
 * is no JWS (RFC 7515 §7.1). Nothing is verified here.
 */
export function summarizeLease(
  answer: ConnectAnswer,
  gatewayId: string,
): { lease: LeaseSummary; issuedAt: number } | null {
  const [, payload] = answer.lease.split('.');
  if (!payload) return null;
  const claims = shown.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8')));
  if (!claims.success) return null;
  const { leaseId, expiresAt, epoch } = answer;
  const { iat, wg } = claims.data;
  const { addresses, alternatePorts } = wg;
  const lease = {
    ...{ leaseId, gatewayId, expiresAt, epoch, addresses },
    ...(alternatePorts.length > 0 ? { alternatePorts } : {}),
  };
  return { lease, issuedAt: iat * 1000 };
}

import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { defineCaller } from '../../http/caller.ts';
import { authenticateSession, type SessionIdentity } from '../../http/session.ts';

const session = defineCaller<SessionIdentity & { memberName: string }>(
  'client session',
  ({ memberId }) => `member:${memberId}`,
  ({ memberId, memberName, deviceId }) => ({ memberId, memberName, deviceId }),
);

/** Guards every route of this plugin: a living session of a device. The handlers ask `sessionOf`. */
export function guardClient(routes: FastifyInstance, ctx: ServerContext): void {
  session.guard(routes, (request) => authenticateSession(ctx, request));
}

/** The signed-in device that asks. */
export const sessionOf = session.of;

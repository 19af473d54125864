import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { guardAnswer } from '../../../src-shared/client-api.ts';
import { problem, problemSchema } from '../../../src-shared/problem.ts';
import { type GuardSource, guardFor, signGuard, wasConnected } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import { writeWhenFree } from '../../db/later-writes.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { sessionOf } from './client-guard.ts';

/** `GET /client/v1/guard`. */
export function registerGuardRoute(
  plain: FastifyInstance,
  { ctx, guards }: { ctx: ServerContext; guards: GuardSource },
): void {
  plain.withTypeProvider<ZodTypeProvider>().get(
    '/client/v1/guard',
    {
      schema: {
        summary: 'What this device holds back while nobody has confirmed, newly signed for its helper',
        tags: ['client'],
        response: { 200: guardAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const { deviceId } = sessionOf(request);
      // A word that is signed later has a higher seq, whichever process signs: it is in the record before it goes out.
      const claims = await writeWhenFree(ctx.database.db, async (tx) =>
        guardFor(tx, guards, {
          deviceId,
          policy: await readPolicy(tx),
          now: ctx.now(),
          // It begins with the first connection.
          ...((await wasConnected(tx, deviceId)) ? {} : { mode: 'off' as const }),
        }),
      );
      if (!claims)
        return sendProblem(
          reply,
          problem(
            'internal-error',
            'The server does not know where clients reach it. Tell your administrator.',
          ),
        );
      return reply.send({ guard: signGuard(guards.keys, claims) });
    },
  );
}

import type { FastifyReply } from 'fastify';
import { challengeSchema } from '../../src-shared/challenge.ts';
import type { Problem } from '../../src-shared/problem.ts';

/** Answers a problem as `application/problem+json` (RFC 9457) with the headers that belong to it. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { retryAfterMs } = problem;
  if (typeof retryAfterMs === 'number') reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
  const authenticate = bearerChallenge(problem);
  if (authenticate) reply.header('www-authenticate', authenticate);
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem);
}

/** RFC 9470 §3 for a step-up, RFC 6750 §3.1 for the rest. */
function bearerChallenge(problem: Problem): string | null {
  const challenge = challengeSchema.safeParse(problem.challenge);
  if (challenge.success)
    return `Bearer error="insufficient_user_authentication", acr_values="${challenge.data.requires.join(' ')}", max_age="0"`;
  switch (problem.code) {
    case 'step-up-required':
      return 'Bearer error="insufficient_user_authentication", max_age="0"';
    case 'session-invalid':
    case 'token-invalid':
      return 'Bearer error="invalid_token"';
    case 'insufficient-scope':
      return 'Bearer error="insufficient_scope"';
    default:
      return null;
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem } from '../../src-shared/problem.ts';
import { sendProblem } from './problem-reply.ts';

/** Answers who calls a channel without opening a WebSocket, as through a proxy that does not pass `Upgrade` on. */
export function refusePlainCall(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(
    reply,
    problem(
      'invalid-request',
      'This address is a WebSocket. A proxy in front of the server has to pass the headers Connection and Upgrade on.',
    ),
  );
}

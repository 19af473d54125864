import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import * as z from 'zod';
import { firstIssue, type Problem, problem } from '../../src-shared/problem.ts';
import { sendProblem } from './problem-reply.ts';

/** A request that does not have the shape of its schema; `message` names the first offending field. */
class RequestShapeError extends Error {}

/** Refused by the brake for floods. */
export class RequestRateError extends Error {
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super('too many requests');
    this.retryAfterMs = retryAfterMs;
  }
}

/** There is too much to do already; nothing of this request was begun. */
export class ServerBusyError extends Error {
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super('too much to do');
    this.retryAfterMs = retryAfterMs;
  }
}

/** Checks requests with the route's zod schemas. */
export const requestValidator: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const parsed = schema.safeParse(data);
    return parsed.success
      ? { value: parsed.data }
      : { error: new RequestShapeError(firstIssue(parsed.error)) };
  };

const fastifyError = z.object({ statusCode: z.number(), message: z.string() });
const sqliteError = z.object({ code: z.literal('ERR_SQLITE_ERROR'), errcode: z.number() });

/** Primary result codes (https://sqlite.org/rescode.html) that say that the disk, not the request, is at fault. */
const storageCodes = new Set([
  5, // BUSY
  6, // LOCKED
  8, // READONLY
  10, // IOERR
  13, // FULL
  14, // CANTOPEN
]);

/** Whether SQLite could not read or write its file. */
export function isStorageError(error: unknown): boolean {
  const parsed = sqliteError.safeParse(error);
  return parsed.success && storageCodes.has(parsed.data.errcode & 0xff);
}

function toProblem(error: unknown): Problem {
  if (error instanceof RequestShapeError) return problem('invalid-request', error.message);
  if (error instanceof RequestRateError)
    return problem('too-many-attempts', undefined, { retryAfterMs: error.retryAfterMs });
  if (error instanceof ServerBusyError)
    return problem('server-busy', undefined, { retryAfterMs: error.retryAfterMs });
  if (isStorageError(error)) return problem('storage-unavailable');
  const parsed = fastifyError.safeParse(error);
  if (parsed.success && parsed.data.statusCode === 413) return problem('payload-too-large');
  if (parsed.success && parsed.data.statusCode >= 400 && parsed.data.statusCode < 500)
    return problem('invalid-request', parsed.data.message);
  return problem('internal-error');
}

/** Answers what no route did; undefined when it is nothing to it either. */
export type Fallback = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

/** The one place where exceptions arrive: the caller gets a problem, the log gets what it was, with the request id. */
export function handleErrors(app: FastifyInstance, fallback: Fallback = () => undefined): void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsOf.set(url, methods);
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = toProblem(error);
    // A flood fills no log.
    if (answer.status >= 500 && answer.code !== 'server-busy')
      request.log.error({ err: error }, answer.title);
    return sendProblem(reply, answer);
  });
  app.setNotFoundHandler((request, reply) => {
    const page = fallback(request, reply);
    if (page) return page;
    const methods = methodsOf.get(request.url.split('?')[0] ?? '');
    if (!methods) return sendProblem(reply, problem('not-found'));
    return sendProblem(reply.header('allow', [...methods].join(', ')), problem('method-not-allowed'));
  });
}

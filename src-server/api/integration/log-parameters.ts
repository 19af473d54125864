import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { fail, firstIssue, ok, type Result } from '../../../src-shared/problem.ts';

const MAX_BODY_BYTES = 4096;
const table = z.record(z.string(), z.unknown());

/**
 * A GET may carry its parameters in a JSON body, as GoodAccess's documentation shows; the query wins. `flatten` brings
 * the nested forms of a body into the names of the schema.
 */
export async function logParameters<T>(
  request: FastifyRequest,
  schema: z.ZodType<T>,
  flatten: (body: Record<string, unknown>) => Record<string, unknown> = (body) => body,
): Promise<Result<T>> {
  const body = await readJson(request);
  if (!body.ok) return body;
  // What the query itself names, without the defaults that its schema put in.
  const query = Object.fromEntries(new URL(request.url, 'http://server').searchParams);
  const parsed = schema.safeParse({ ...flatten(body.value), ...query });
  return parsed.success ? ok(parsed.data) : fail('invalid-request', firstIssue(parsed.error));
}

/** `{date: {start, stop}, pagination: {page, limit}}` → `{start, end, page, limit}`; what is not so stays as it is. */
export function flattenLogBody({
  date,
  pagination,
  ...rest
}: Record<string, unknown>): Record<string, unknown> {
  const times = table.safeParse(date);
  const pages = table.safeParse(pagination);
  const { stop, ...start } = times.data ?? {};
  return {
    ...rest,
    ...(times.success
      ? { ...start, ...(stop === undefined ? {} : { end: stop }) }
      : date === undefined
        ? {}
        : { date }),
    ...(pages.success ? pages.data : pagination === undefined ? {} : { pagination }),
  };
}

async function readJson(request: FastifyRequest): Promise<Result<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) return fail('payload-too-large');
    chunks.push(bytes);
  }
  if (size === 0) return ok({});
  try {
    const parsed = table.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    return parsed.success ? ok(parsed.data) : fail('invalid-request', firstIssue(parsed.error));
  } catch (error) {
    if (error instanceof SyntaxError) return fail('invalid-request', 'body: not JSON');
    throw error;
  }
}

import type * as z from 'zod';
import { type ProblemCode, problem } from '../../../src-shared/problem.ts';

/** What the server would say to one call of the page. */
export interface Answer {
  status: number;
  type: 'application/json' | 'application/problem+json';
  body: unknown;
}

/** By method and path below `/panel/v1/`, without the query: `GET members/0198…`. */
export type Answers = Readonly<Record<string, Answer>>;

/** An answer as its schema says it: one that no server would give cannot be pictured. */
export function answer<S extends z.ZodType>(schema: S, body: z.input<S>, status = 200): Answer {
  return { status, type: 'application/json', body: schema.parse(body) };
}

/** A refusal; `extra` is what its code adds. */
export function refusal<S extends z.ZodType<Record<string, unknown>>>(
  code: ProblemCode,
  extra?: { schema: S; value: z.input<S> },
): Answer {
  const body = problem(code, undefined, extra ? extra.schema.parse(extra.value) : {});
  return { status: body.status, type: 'application/problem+json', body };
}

import * as z from 'zod';
import {
  BACKGROUND_HEADER,
  CSRF_HEADER,
  PANEL_API,
  panelSession,
  panelSignedOutExtra,
  panelStepUpExtra,
} from '../../src-shared/panel/session.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { fail, ok, type Problem, parseProblem, type Result } from '../../src-shared/problem.ts';
import { noteServerTime } from '../store/clock-store.ts';
import { sessionNow, takeSession, useSessionStore } from '../store/session-store.ts';
import { askStepUp } from '../store/step-up-store.ts';

export interface Request<T> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/panel/v1`, without a slash in front; ids in it go through `segment`. */
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  /** What 200 carries; `nothing` for 204. */
  answer: z.ZodType<T>;
  /** The page asks by itself: this does not keep an idle session alive. */
  isBackground?: boolean;
  signal?: AbortSignal;
}

export const nothing = z.undefined();

/** An id or the like as one segment of a path. */
export const segment = (text: string): string => encodeURIComponent(text);

/** `/panel/v1/<path>?<query>`; for links that the browser follows itself, such as an export. */
export function addressOf(path: string, query: Request<unknown>['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  return `${PANEL_API}/${path}${search.size === 0 ? '' : `?${search}`}`;
}

/**
 * One request of the page. Where the server wants a proof first, it is asked for over what is on screen and the request
 * sent again, as it was; `cancelled` when none was given. Nothing of it is sent for somebody else who is signed in by then.
 */
export async function call<T>(request: Request<T>): Promise<Result<T>> {
  let next = request;
  for (;;) {
    const answer = await sendOnce(next);
    if (answer.ok || answer.problem.code !== 'step-up-required') return answer;
    const needs = panelStepUpExtra.safeParse(answer.problem);
    const before = sessionNow();
    if (!needs.success || before === null) return answer;
    const given = await askStepUp(needs.data);
    if (given === null || sessionNow()?.member.id !== before.member.id) return fail('cancelled');
    if (given.teamName !== undefined && typeof next.body === 'object')
      next = { ...next, body: { ...next.body, teamName: given.teamName } };
  }
}

/**
 * Refusals are values: `server-unreachable` without an answer, `protocol-error` for one that
 * is not understood. A session that has ended is noted for the whole page, which then asks for a sign-in over what is
 * on screen. A CSRF token from before is renewed and the request sent once more, unless somebody else is signed in now.
 */
async function sendOnce<T>(request: Request<T>): Promise<Result<T>> {
  const answer = await send(request);
  if (answer.ok) return answer;
  const { code } = answer.problem;
  if (code === 'session-invalid') noteEnd(answer.problem);
  if (code !== 'csrf-token-invalid') return answer;
  const before = sessionNow();
  const renewed = await loadSession(true);
  const isSame = renewed.ok && renewed.value.member.id === before?.member.id;
  return isSame ? send(request) : answer;
}

/** `GET session`, and what it says taken over. */
export async function loadSession(isBackground = false): Promise<Result<z.infer<typeof panelSession>>> {
  const answer = await send({ method: 'GET', path: 'session', answer: panelSession, isBackground });
  if (answer.ok) takeSession(answer.value);
  else if (answer.problem.code === 'session-invalid') noteEnd(answer.problem);
  else useSessionStore.getState().lose(answer.problem);
  return answer;
}

function noteEnd(refusal: Problem): void {
  const told = panelSignedOutExtra.safeParse(refusal);
  useSessionStore.getState().end(told.success ? told.data.reason : null);
}

async function send<T>(request: Request<T>): Promise<Result<T>> {
  const headers = new Headers({ accept: 'application/json' });
  const csrfToken = sessionNow()?.csrfToken;
  if (request.method !== 'GET' && csrfToken !== undefined) headers.set(CSRF_HEADER, csrfToken);
  if (request.isBackground) headers.set(BACKGROUND_HEADER, '1');
  if (request.body !== undefined) headers.set('content-type', 'application/json');
  let response: Response;
  let text: string;
  try {
    response = await fetch(addressOf(request.path, request.query), {
      method: request.method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.signal ? { signal: request.signal } : {}),
    });
    text = await response.text();
  } catch {
    return fail(request.signal?.aborted ? 'cancelled' : 'server-unreachable');
  }
  noteServerTime(response.headers.get('date'), Date.now());
  return read(request.answer, response, text);
}

function read<T>(schema: z.ZodType<T>, response: Response, text: string): Result<T> {
  // No JSON is not the same as no body, which some answers may have.
  const body = text === '' ? undefined : (parseJson(text) ?? null);
  if (!response.ok) return { ok: false, problem: problemOf(response, body) };
  const parsed = schema.safeParse(body);
  return parsed.success ? ok(parsed.data) : fail('protocol-error');
}

/** A proxy in between answers in its own words: what it says is not the server's. */
function problemOf(response: Response, body: unknown): Problem {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') === true;
  if (isProblem) return parseProblem(body);
  return fail(response.status >= 500 ? 'server-unreachable' : 'protocol-error').problem;
}

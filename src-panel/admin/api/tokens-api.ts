import type * as z from 'zod';
import {
  apiTokensAnswer,
  newApiTokenAnswer,
  type newApiTokenRequest,
  type PanelApiToken,
} from '../../../src-shared/panel/api-tokens.ts';
import { ok, type Result } from '../../../src-shared/problem.ts';
import { call, nothing, segment } from '../../api/call.ts';
import type { PageOf } from '../../store/use-pages.ts';

export type NewApiToken = z.infer<typeof newApiTokenAnswer>;

export async function loadApiTokens(
  cursor?: string,
  signal?: AbortSignal,
): Promise<Result<PageOf<PanelApiToken>>> {
  const answer = await call({
    method: 'GET',
    path: 'api-tokens',
    query: { cursor },
    answer: apiTokensAnswer,
    ...(signal ? { signal } : {}),
  });
  if (!answer.ok) return answer;
  const { apiTokens: items, nextCursor } = answer.value;
  return ok({ items, nextCursor });
}

export function makeApiToken(body: z.input<typeof newApiTokenRequest>): Promise<Result<NewApiToken>> {
  return call({ method: 'POST', path: 'api-tokens', body, answer: newApiTokenAnswer });
}

export function confirmApiToken(tokenId: string): Promise<Result<undefined>> {
  return call({ method: 'POST', path: `api-tokens/${segment(tokenId)}/confirm`, answer: nothing });
}

/** Whether it outlives whoever made it. */
export function keepApiToken(tokenId: string, isKept: boolean): Promise<Result<undefined>> {
  const path = `api-tokens/${segment(tokenId)}`;
  return call({ method: 'PUT', path, body: { isKept }, answer: nothing });
}

export function revokeApiToken(tokenId: string): Promise<Result<undefined>> {
  return call({ method: 'DELETE', path: `api-tokens/${segment(tokenId)}`, answer: nothing });
}

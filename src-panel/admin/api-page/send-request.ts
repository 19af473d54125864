import { parseJson } from '../../../src-shared/parse-json.ts';
import type { ApiRequest } from './api-request.ts';

const MOST_SHOWN = 100_000;

export interface ApiAnswer {
  /** "200 OK". */
  status: string;
  isOk: boolean;
  tookMs: number;
  /** JSON set out in lines, else as it came; cut at `MOST_SHOWN` characters. */
  body: string;
  bytes: number;
  isCut: boolean;
}

/** Sends it as a program would: with the token, without the cookie. Null: no answer. */
export async function sendRequest(request: ApiRequest, token: string): Promise<ApiAnswer | null> {
  const { method, target, body } = request;
  const began = performance.now();
  try {
    const response = await fetch(target, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      ...(body === null ? {} : { body }),
    });
    const text = await response.text();
    const shown = laidOut(text);
    return {
      status: `${response.status} ${response.statusText}`.trim(),
      isOk: response.ok,
      tookMs: Math.round(performance.now() - began),
      body: shown.slice(0, MOST_SHOWN),
      bytes: new TextEncoder().encode(text).length,
      isCut: shown.length > MOST_SHOWN,
    };
  } catch {
    return null;
  }
}

function laidOut(text: string): string {
  const value = parseJson(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
}

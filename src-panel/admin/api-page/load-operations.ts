import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { type Operation, openApiDocument, operationsOf } from './openapi.ts';

/** `/openapi.json` of this server, which stands outside the panel's own API and asks for no session. */
export async function loadOperations(signal: AbortSignal): Promise<Result<Operation[]>> {
  let body: unknown;
  try {
    const response = await fetch('/openapi.json', { credentials: 'omit', signal });
    if (!response.ok) return fail('server-unreachable');
    body = await response.json();
  } catch {
    return fail(signal.aborted ? 'cancelled' : 'server-unreachable');
  }
  const parsed = openApiDocument.safeParse(body);
  return parsed.success ? ok(operationsOf(parsed.data)) : fail('protocol-error');
}

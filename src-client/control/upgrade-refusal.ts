import type { IncomingMessage } from 'node:http';
import { parseJson } from '../../src-shared/parse-json.ts';
import { type Problem, parseProblem, problem } from '../../src-shared/problem.ts';

const MAX_BODY_BYTES = 16 * 1024;

/** The answer to an upgrade that the server refused → its problem; `server-unreachable` when it gave none. */
export async function refusedUpgrade(response: IncomingMessage, host: string): Promise<Problem> {
  const unreadable = problem('server-unreachable', `No connection to ${host}.`, {
    status: response.statusCode,
  });
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_BODY_BYTES) return unreadable;
    }
    const parsed = parseProblem(parseJson(text));
    return parsed.code === 'protocol-error' ? unreadable : parsed;
  } catch (error) {
    // Cut off in the middle: the status has to do.
    if (error instanceof Error) return unreadable;
    throw error;
  }
}

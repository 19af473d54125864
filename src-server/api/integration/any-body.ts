import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** An emergency waits no longer for what it does without. */
const LONGEST_WAIT_MS = 2_000;
/** What follows after so much belongs to nothing that we know. */
const MOST_BYTES = 64 * 1024;

/**
 * For what must be done whatever the body is: routes of this plugin get it as JSON, or null where it is none, too long,
 * too slow or broken off. They need `dropContentType` as well.
 */
export function takeAnyBody(routes: FastifyInstance): void {
  routes.removeAllContentTypeParsers();
  routes.addContentTypeParser('*', async (_request: FastifyRequest, payload: IncomingMessage) => {
    const text = await readText(payload);
    try {
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  });
}

/** Fastify refuses a content type that is none before it looks for a parser. */
export async function dropContentType(request: FastifyRequest): Promise<void> {
  delete request.raw.headers['content-type'];
}

/** Answers as soon as it is too long; the rest goes by, so that the answer can be sent. */
function readText(payload: IncomingMessage): Promise<string | null> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle(null), LONGEST_WAIT_MS);
    const resolve = (text: string | null): void => {
      clearTimeout(timer);
      settle(text);
    };
    const chunks: Buffer[] = [];
    let bytes = 0;
    payload.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) resolve(null);
      else chunks.push(chunk);
    });
    payload.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    payload.on('error', () => resolve(null));
    payload.on('close', () => resolve(null));
  });
}

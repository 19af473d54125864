import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseJson } from '../../../src-shared/parse-json.ts';

/** An emergency waits no longer for what it does without. */
const LONGEST_WAIT_MS = 2_000;
/** What follows after so much belongs to nothing that we know. */
const MOST_BYTES = 64 * 1024;

/** Why a body was not read. Never anything of what it says: a caller may have put a secret into it. */
export type BodyFault = 'over 64 KiB' | 'not whole' | 'not JSON';

const fault = Symbol('fault of the body');

/**
 * For what must be done whatever the body is: routes of this plugin get it as JSON, or null where it is none, too long,
 * too slow or broken off. They need `dropContentType` as well, and ask `bodyFault` which of these it was.
 */
export function takeAnyBody(routes: FastifyInstance): void {
  routes.decorateRequest(fault, null);
  routes.removeAllContentTypeParsers();
  routes.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    const read = await readBody(payload);
    if (!read.ok) {
      request.setDecorator<BodyFault>(fault, read.fault);
      return null;
    }
    if (read.text.trim() === '') return null;
    const value = parseJson(read.text);
    if (value !== undefined) return value;
    request.setDecorator<BodyFault>(fault, 'not JSON');
    return null;
  });
}

/** Fastify refuses a content type that is none before it looks for a parser. */
export async function dropContentType(request: FastifyRequest): Promise<void> {
  delete request.raw.headers['content-type'];
}

/** Null when there was no body, or one that is JSON. */
export function bodyFault(request: FastifyRequest): BodyFault | null {
  return request.getDecorator<BodyFault | null>(fault);
}

type Read = { ok: true; text: string } | { ok: false; fault: BodyFault };

/** Answers as soon as it is too long; the rest goes by, so that the answer can be sent. */
function readBody(payload: IncomingMessage): Promise<Read> {
  return new Promise((settle) => {
    const resolve = (read: Read): void => {
      clearTimeout(timer);
      settle(read);
    };
    const broken = (): void => resolve({ ok: false, fault: 'not whole' });
    const timer = setTimeout(broken, LONGEST_WAIT_MS);
    const chunks: Buffer[] = [];
    let bytes = 0;
    payload.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) resolve({ ok: false, fault: 'over 64 KiB' });
      else chunks.push(chunk);
    });
    // Without the byte order mark that some tools begin with.
    payload.on('end', () => resolve({ ok: true, text: new TextDecoder().decode(Buffer.concat(chunks)) }));
    payload.on('error', broken);
    payload.on('close', broken);
  });
}

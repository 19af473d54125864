import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Fallback } from '../../http/error-handling.ts';

/** For every answer, so that no error page or JSON body is less bound than the page. `data:` is for the QR code. */
export const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    fontSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

/** Paths of programs: what is unknown there is a problem, never a page. */
const API = /^\/(?:panel\/v1|client|gateway|api|\.well-known|healthz|metrics|openapi\.json)(?:[/?]|$)/;
/** The build names every file but the index by what is in it. */
const HASHED = /[/\\]assets[/\\]/;

/**
 * Serves the built page of the Control Panel: its files, and the index for every path that the page routes by itself.
 * Answers what to do with paths that no route has; nothing, with a warning in the log, where the page was not built.
 */
export async function registerPanelPage(
  app: FastifyInstance,
  log: FastifyBaseLogger,
  folder: string | undefined,
): Promise<Fallback> {
  if (folder === undefined) return () => undefined;
  if (!existsSync(join(folder, 'index.html'))) {
    log.warn({ folder }, 'the Control Panel was not built: `npm run build:panel`');
    return () => undefined;
  }
  await app.register(fastifyStatic, {
    // Looked for when it is asked for: an update may replace the page while the server runs.
    root: join(folder, 'assets'),
    prefix: '/assets/',
    cacheControl: false,
    setHeaders: (reply, path) => {
      const forever = HASHED.test(path);
      reply.header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.get('/icon.svg', { schema: { hide: true } }, (_request, reply) => reply.sendFile('icon.svg', folder));
  return (request, reply) => {
    const isPage = request.method === 'GET' && !API.test(request.url) && !/\/assets\//.test(request.url);
    return isPage ? reply.sendFile('index.html', folder) : undefined;
  };
}

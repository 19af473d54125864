import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { APP_ORIGIN } from './start-url.ts';

/** Only these are ever served; everything else is 404. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

/** Sent with every answer. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy':
    'camera=(), clipboard-read=(), display-capture=(), fullscreen=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), publickey-credentials-create=(), publickey-credentials-get=(), serial=(), usb=()',
  'Cache-Control': 'no-cache',
};

/** A page that the app itself answers for. */
export interface PageSite {
  /** `scheme://host`. */
  origin: string;
  /** Sent with every answer. */
  headers: Readonly<Record<string, string>>;
}

const uiSite: PageSite = { origin: APP_ORIGIN, headers: pageHeaders };

/** Answers requests for a bundled page from `root`: its host, GET, a known type, a real path inside. */
export function createPageFiles(root: string, site = uiSite): (request: Request) => Promise<Response> {
  const { origin, headers } = site;
  let resolvedRoot: Promise<string> | null = null;
  const refuse = (status: number) => new Response(null, { status, headers });
  return async (request) => {
    if (request.method !== 'GET') return refuse(405);
    const path = pagePath(request.url, origin);
    const type = path === null ? undefined : contentTypes[extname(path)];
    if (path === null || type === undefined) return refuse(404);
    resolvedRoot ??= realpath(root);
    try {
      const base = await resolvedRoot;
      const file = await realpath(join(base, path));
      if (!file.startsWith(base + sep)) return refuse(404);
      const body = await readFile(file);
      return new Response(body, { headers: { ...headers, 'Content-Type': type } });
    } catch (error) {
      if (error instanceof Error && 'code' in error) {
        resolvedRoot = null;
        return refuse(404);
      }
      throw error;
    }
  };
}

/** `app://ui/a/b.js?x` → `a/b.js`; null for anything that is not plainly a file of ours. */
export function pagePath(url: string, origin: string = APP_ORIGIN): string | null {
  if (!url.startsWith(origin)) return null;
  const match = /^(\/[^?#]*)?(?:[?#].*)?$/.exec(url.slice(origin.length));
  if (!match) return null;
  const raw = match[1] ?? '/';
  // Decoded once by nobody else: an encoded dot, slash, backslash or NUL has no business in our file names.
  if (raw.includes('%') || raw.includes('\\') || raw.includes('\0')) return null;
  const segments = raw.split('/').slice(1);
  if (segments.some((segment) => segment === '..' || segment === '.')) return null;
  const path = segments.join('/');
  if (path.includes('//') || path.startsWith('/')) return null;
  return path === '' ? 'index.html' : path;
}

export const APP_SCHEME = 'app';
export const APP_HOST = 'ui';
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;

/** Where the window starts: the bundled page or, in development only, a dev server on this computer. */
export function startUrl(env: Readonly<Record<string, string | undefined>>, isPackaged: boolean): string {
  const wanted = env.POSTERN_DEV_SERVER;
  if (isPackaged || !wanted || !URL.canParse(wanted)) return `${APP_ORIGIN}/`;
  const url = new URL(wanted);
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return url.protocol === 'http:' && isLocal && url.username === '' ? `${url.origin}/` : `${APP_ORIGIN}/`;
}

/**
 * `scheme://host[:port]` of a URL. `URL.origin` is `null` for our own scheme, so it cannot be compared. Null for what
 * does not parse, carries credentials, or has no host (`data:`, `file:`, `blob:`).
 */
export function originOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, username, password } = new URL(url);
  if (host === '' || username !== '' || password !== '') return null;
  return `${protocol}//${host}`;
}

/** Whether `url` belongs to the page that the window started with. */
export function isOwnUrl(url: string, origin: string): boolean {
  return originOf(url) === origin;
}

/** The same for requests: a dev server also talks to its page over a web socket. */
export function isOwnRequest(url: string, origin: string): boolean {
  return (
    isOwnUrl(url, origin) || (origin.startsWith('http:') && isOwnUrl(url, origin.replace('http:', 'ws:')))
  );
}

/** Whether `url` names something in the folder `folderUrl`, which ends in no slash. */
export function isBelow(url: string, folderUrl: string): boolean {
  return (
    originOf(url) !== null && new URL(url).href.startsWith(`${new URL(folderUrl).href.replace(/\/$/, '')}/`)
  );
}

/**
 * Chromium alone cannot have a scheme of its own, so `app://ui/x` is shown as `https://ui.app.invalid/x`, a secure and
 * standard origin of its own that Playwright answers and no network has (RFC 6761). Main sees only `app://`.
 */
const SUFFIX = '.app.invalid';

export function toPageUrl(url: string): string {
  const match = /^app:\/\/([a-z0-9-]+)(\/.*)?$/i.exec(url);
  return match ? `https://${match[1]}${SUFFIX}${match[2] ?? '/'}` : url;
}

export function fromPageUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'https:' || !parsed.hostname.endsWith(SUFFIX)) return url;
  // The text behind the host as it was sent: main has to see dots and escapes.
  const rest = url.slice(url.indexOf(parsed.host) + parsed.host.length);
  return `app://${parsed.hostname.slice(0, -SUFFIX.length)}${rest === '' ? '/' : rest}`;
}

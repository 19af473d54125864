import { UNLOCK_ORIGIN } from '../../src-shared/unlock.ts';
import type { PageSite } from './page-files.ts';

/**
 * The page of the unlock window. WebAuthn wants an https origin, so the app answers for one itself, in a session that
 * reaches nothing else; on the network nobody does.
 */
export const unlockSite: PageSite = {
  origin: UNLOCK_ORIGIN,
  headers: {
    'Content-Security-Policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy':
      'camera=(), clipboard-read=(), display-capture=(), fullscreen=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), publickey-credentials-create=(self), publickey-credentials-get=(self), serial=(), usb=()',
    'Cache-Control': 'no-cache',
  },
};

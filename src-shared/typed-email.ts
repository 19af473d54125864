import { withoutUnseen } from './typed-text.ts';

/**
 * An e-mail address as somebody typed or pasted it → the one form in which it is stored, looked for and compared. NFKC
 * (full width, ligatures, NFC against NFD), lower case, an international domain in its ASCII form (UTS 46), no dot of
 * the root; `mailto:`, a name with angle brackets, and what surrounds it are taken away. What is no address comes back
 * as it is, but tidied: `isEmailAddress` says which it is.
 */
export function foldEmail(typed: string): string {
  const tidy = withoutUnseen(typed.normalize('NFKC')).trim();
  const bare = /<([^<>]*)>$/.exec(tidy)?.[1]?.trim() ?? tidy.replace(/^mailto:/i, '');
  const folded = bare.toLowerCase().normalize('NFC');
  const at = folded.lastIndexOf('@');
  if (at < 1) return folded;
  const domain = folded.slice(at + 1).replace(/\.$/, '');
  return `${folded.slice(0, at)}@${asciiDomain(domain) ?? domain}`;
}

/** Whether a folded address is one: something before the `@`, a domain after it, within the lengths of RFC 5321 §4.5.3.1. */
export function isEmailAddress(folded: string): boolean {
  const [, local = '', domain = ''] = /^([^\s@<>]+)@([^\s@<>]+)$/.exec(folded) ?? [];
  return local !== '' && local.length <= 64 && folded.length <= 254 && asciiDomain(domain) === domain;
}

/** `bücher.example` → `xn--bcher-kva.example`; null for what a URL could not have as its host. */
function asciiDomain(domain: string): string | null {
  if (/[/\\?#:@[\]%\s]/.test(domain) || domain === '') return null;
  const url = `https://${domain}/`;
  return URL.canParse(url) ? new URL(url).hostname : null;
}

import type { externalLinks } from '../../src-shared/app-ipc.ts';

type ExternalLink = (typeof externalLinks)[number];

/** The only pages that the app opens in a browser. Placeholders that lead nowhere, until there is an address to name. */
export const linkTargets: Readonly<Record<ExternalLink, string>> = {
  documentation: 'https://postern.example/docs',
  'source-code': 'https://postern.example/source',
  'report-problem': 'https://postern.example/issues',
};

const allowedHosts = new Set(Object.values(linkTargets).map((target) => new URL(target).host));

/** Whether a URL may go to the system's browser: https, a host of the list in its plain spelling, no credentials. */
export function isAllowedExternal(url: string): boolean {
  if (!/^https:\/\//.test(url) || !URL.canParse(url)) return false;
  const { protocol, host, username, password } = new URL(url);
  const hasPlainSpelling = url.startsWith(`https://${host}/`) || url === `https://${host}`;
  return (
    protocol === 'https:' && hasPlainSpelling && username === '' && password === '' && allowedHosts.has(host)
  );
}

import type { GatewaySummary } from '../../src-shared/client-api.ts';

export const DEEP_LINK_SCHEME = 'postern';

/**
 * `postern://connect/<gateway name or id>` → the gateway as it was written; null for anything else. Other actions,
 * credentials, ports, queries, fragments, deeper paths and control characters are refused, not ignored.
 */
export function parseDeepLink(link: string): { gateway: string } | null {
  if (link.length > 300) return null;
  const match = /^postern:\/\/connect\/([^/?#\\]+)\/?$/i.exec(link);
  if (!match?.[1]) return null;
  let gateway: string;
  try {
    gateway = decodeURIComponent(match[1]);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (gateway.length > 100 || /[\u0000-\u001f\u007f/\\]/.test(gateway) || gateway.trim() !== gateway)
    return null;
  return { gateway };
}

/** The one deep link among the arguments of a second instance; null when there is none, or more than one. */
export function deepLinkIn(argv: readonly string[]): string | null {
  const links = argv.filter((argument) => argument.toLowerCase().startsWith(`${DEEP_LINK_SCHEME}:`));
  return links.length === 1 ? (links[0] ?? null) : null;
}

/** The gateway that a link names, by id or by its name in any case; null when none or several fit. */
export function gatewayNamed(gateways: readonly GatewaySummary[], wanted: string): GatewaySummary | null {
  const lower = wanted.toLowerCase();
  const byId = gateways.find((gateway) => gateway.id === lower);
  if (byId) return byId;
  const byName = gateways.filter((gateway) => gateway.name.toLowerCase() === lower);
  return byName.length === 1 ? (byName[0] ?? null) : null;
}

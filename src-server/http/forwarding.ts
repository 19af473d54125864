import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import parseForwarded from 'forwarded-parse';
import type { Logger } from 'pino';
import { asNetwork, isInNetworks, plainAddress } from '../client-address.ts';
import type { ServerConfig } from '../config.ts';

/** What says that a request has come through a proxy, whoever wrote it. */
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];
/** Of whom a proxy does not tell; trusted by nobody. */
const UNKNOWN = 'unknown';

/** RFC 7239 §6: a number, or a word that hides it. */
const PORT = '(?:[0-9]{1,5}|_[A-Za-z0-9._-]+)';
const IN_BRACKETS = new RegExp(`^\\[([^\\]]+)\\](?::${PORT})?$`);
const WITH_PORT = new RegExp(`^([^:]+):${PORT}$`);

/** More proxies than anybody has. Whoever asks writes what stands before, and may write thousands. */
export const MOST_HOPS = 20;

const doubtful = Symbol('forwarded by nobody whom the configuration names');

/** Whether a plain address is that of a proxy of `trustedProxies`. */
export function trustedProxy(trustedProxies: ServerConfig['trustedProxies']): (address: string) => boolean {
  const networks = trustedProxies.map(asNetwork);
  return (address) => isInNetworks(address, networks);
}

/**
 * Finds out for every request who asks, before anything else does: `request.ip` is the caller's plain address, through
 * the proxies of `trustedProxies`, whatever form they write it in. To be called before hooks that read it are added.
 */
export function knowCallers(
  app: FastifyInstance,
  { trustedProxies, proxyHeader }: Pick<ServerConfig, 'trustedProxies' | 'proxyHeader'>,
  log: Logger,
): void {
  const isTrustedProxy = trustedProxy(trustedProxies);
  const warned = new Set<string>();
  const warnOnce = (cause: string, proxy: string, advice: string): void => {
    if (warned.has(cause)) return;
    warned.add(cause);
    log.warn(
      { proxy },
      `a request was forwarded, and who asks is not known: where addresses decide (metrics, allow lists of API tokens) it is refused, and all who come this way share one budget. ${advice}`,
    );
  };
  app.decorateRequest(doubtful, false);
  app.addHook('onRequest', async (request) => {
    const { headers, socket } = request.raw;
    const proxy = plainAddress(socket.remoteAddress ?? UNKNOWN);
    const isForwarded = FORWARDING.some((name) => headers[name] !== undefined);
    const isTrusted = isTrustedProxy(proxy);
    const chain = isForwarded && isTrusted ? forwardedFor(headers, proxyHeader) : [];
    if (isForwarded && isTrusted) {
      // Fastify walks this list from its end, as far as it trusts.
      if (chain.length > 0) headers['x-forwarded-for'] = chain.join(', ');
      else delete headers['x-forwarded-for'];
    }
    const ip = plainAddress(request.ip);
    Object.defineProperty(request, 'ip', { value: ip });
    if (!isForwarded) return;
    if (!isTrusted)
      warnOnce('untrusted', proxy, `If ${proxy} is your proxy, name it: trustedProxies = ["${proxy}"]`);
    else if (chain.length === 0) warnOnce(...noHeader(proxy, proxyHeader, headers));
    else if (isIP(ip) === 0)
      warnOnce('unknown', proxy, `The ${proxyHeader} header of the proxy ${proxy} names no address.`);
    else return;
    request.setDecorator<boolean>(doubtful, true);
  });
}

/** The other header may be the proxy's word, or what a client wrote and the proxy passed on: its operator knows. */
function noHeader(
  proxy: string,
  proxyHeader: ServerConfig['proxyHeader'],
  headers: Headers,
): [cause: string, proxy: string, advice: string] {
  const other = proxyHeader === 'forwarded' ? 'x-forwarded-for' : 'forwarded';
  const missing = `The proxy ${proxy} sends no ${proxyHeader} header, which proxyHeader names`;
  const instead = `if it writes that one itself, set proxyHeader = "${other}"; else have it write ${proxyHeader}.`;
  return headers[other] === undefined
    ? ['no header', proxy, `${missing}: have it write one.`]
    : ['other header', proxy, `${missing}, but ${other}: ${instead}`];
}

/** Whether the request was forwarded by somebody who is not believed: its address is not that of who asks. */
export function isForwardedInDoubt(request: Pick<FastifyRequest, 'getDecorator'>): boolean {
  return request.getDecorator<boolean>(doubtful);
}

type Headers = Record<string, string | string[] | undefined>;

/**
 * The addresses of a forwarding header, nearest to the client first, each plain; `unknown` for what is none (RFC 7239
 * §6: `unknown`, `_hidden`, or not well-formed). Of a long list the last `MOST_HOPS`.
 */
export function forwardedFor(headers: Headers, header: ServerConfig['proxyHeader']): string[] {
  const value = [headers[header] ?? []].flat().join(',');
  if (value.trim() === '') return [];
  if (header === 'x-forwarded-for')
    return value
      .split(',')
      .filter((part) => part.trim() !== '')
      .slice(-MOST_HOPS)
      .map((part) => forwardedAddress(part) ?? UNKNOWN);
  try {
    return parseForwarded(value)
      .slice(-MOST_HOPS)
      .map((element) => forwardedAddress(element.for ?? '') ?? UNKNOWN);
  } catch {
    // Not well-formed: no part of it is to be believed.
    return [UNKNOWN];
  }
}

/**
 * An address as proxies write it: with a port, brackets, quotes or a zone, or an IPv4 one inside of an IPv6 one. Null
 * when it is none.
 */
export function forwardedAddress(text: string): string | null {
  const unquoted = text.trim().replace(/^"(.*)"$/, '$1');
  const bare = IN_BRACKETS.exec(unquoted)?.[1] ?? WITH_PORT.exec(unquoted)?.[1] ?? unquoted;
  return isIP(bare) === 0 ? null : plainAddress(bare);
}

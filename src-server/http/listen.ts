import type { Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { ServerConfig } from '../config.ts';

export type Listening = { ok: true; url: string } | { ok: false; mistakes: string[] };

/** What a host without IPv6 says to `::`. */
const WITHOUT_IPV6: ReadonlySet<unknown> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * Has a ready app accept connections; why it cannot is a value, one line with the setting. Not by `app.listen`: to print
 * the addresses behind `0.0.0.0` that asks the kernel for its interfaces, which the shipped unit does not allow. Hooks of
 * `onListen` do not run. End it with `stopListening`.
 */
export async function listenOn(
  app: FastifyInstance,
  { host, port }: ServerConfig['listen'],
  log: Logger,
): Promise<Listening> {
  await app.ready();
  const { bound, failure } = await bindTo(app.server, { host, port });
  if (failure) return { ok: false, mistakes: [mistakeOf(failure, bound, port)] };
  if (bound !== host)
    log.warn('this host has no IPv6: listening on IPv4 alone (listen.host = "0.0.0.0" says so)');
  const address = app.server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  const url = `https://${bound.includes(':') ? `[${bound}]` : bound}:${actual}`;
  log.info(`listening on ${url}`);
  return { ok: true, url };
}

/** No new connections from now on; settles when the last one is gone. */
export function stopListening(app: FastifyInstance): Promise<void> {
  return new Promise((resolve) => {
    // The only error is that it did not listen.
    app.server.close(() => resolve());
  });
}

/** `bound`: `host`, or every IPv4 address where `::` was asked for and the host has no IPv6. */
export async function bindTo(
  server: Server,
  { host, port }: ServerConfig['listen'],
): Promise<{ bound: string; failure: Error | null }> {
  const failure = await bind(server, { host, port });
  if (!failure || host !== '::' || !WITHOUT_IPV6.has(codeOf(failure))) return { bound: host, failure };
  const bound = '0.0.0.0';
  return { bound, failure: await bind(server, { host: bound, port }) };
}

function bind(server: Server, where: { host: string; port: number }): Promise<Error | null> {
  return new Promise((resolve) => {
    const onError = (error: Error) => {
      server.off('listening', onListening);
      resolve(error);
    };
    const onListening = () => {
      server.off('error', onError);
      resolve(null);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen(where);
  });
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : null;
}

function mistakeOf(error: Error, host: string, port: number): string {
  const where = `port ${port} on ${host}`;
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `listen.port: ${where} is in use by another program ("ss -ltnp" names it); end that, or choose another port (POSTERN_LISTEN_PORT)`;
    case 'EACCES':
      return `listen.port: ${where} is not allowed for this user; below 1024 the program needs CAP_NET_BIND_SERVICE, as the unit gives it`;
    case 'EAFNOSUPPORT':
      return `listen.host: this host cannot use ${host.includes(':') ? 'IPv6' : 'IPv4'} addresses such as ${host}; set listen.host to ${host.includes(':') ? '0.0.0.0' : '::'}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return `listen.host: ${host} is not an address of this machine ("ip -brief address" lists them); :: is all of them`;
    default:
      return `listen: ${where}: ${error.message}`;
  }
}

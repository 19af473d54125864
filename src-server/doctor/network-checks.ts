import { lookup } from 'node:dns/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Check, fine, unknown, wrong } from '../../src-node/check.ts';
import { findProgram, runProgram } from '../../src-node/run-program.ts';
import { isReachable, type ServerConfig } from '../config.ts';
import { isServerRunning } from '../db/database-lock.ts';
import { bindTo } from '../http/listen.ts';

const ANSWER_LIMIT_MS = 5_000;

/** The port is free for the server, or it is our server that answers there. */
export async function listenCheck({ listen: { host, port }, databaseFile }: ServerConfig): Promise<Check> {
  if (isServerRunning(databaseFile)) {
    const failure = await healthFailure(host, port);
    return failure === null
      ? fine('listen', `The server runs and answers on port ${port}.`)
      : wrong(
          'listen',
          `The server runs, but does not answer on port ${port}: ${failure}.`,
          'journalctl -u postern-server -n 50',
        );
  }
  const probe = createServer();
  const { failure } = await bindTo(probe, { host, port });
  probe.close();
  const code = failure && 'code' in failure ? failure.code : failure?.message;
  switch (code) {
    case undefined:
      return fine('listen', `Port ${port} is free; the server does not run.`);
    case 'EADDRINUSE':
      return wrong(
        'listen',
        `Port ${port} is in use by another program.`,
        `ss -ltnp 'sport = :${port}' names it`,
      );
    case 'EACCES':
      return wrong(
        'listen',
        `Port ${port} is not for this user.`,
        `Look as root, or start it by its unit, which may use it.`,
      );
    default:
      return wrong(
        'listen',
        `${host} cannot be listened on (${code}).`,
        'Set listen.host: :: for every address, 0.0.0.0 on a host without IPv6.',
      );
  }
}

/** Whoever answers there, whatever its certificate: that one has a line of its own. */
function healthFailure(host: string, port: number): Promise<string | null> {
  // Where it listens on everything, IPv4 is there on every host.
  const target = host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
  return new Promise((resolve) => {
    const where = {
      host: target,
      port,
      path: '/healthz',
      rejectUnauthorized: false,
      timeout: ANSWER_LIMIT_MS,
    };
    const asked = request(where, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `HTTP ${response.statusCode}`);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS / 1000} s`)));
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}

/** Clients find the server by the host of the issuer. */
export async function nameCheck({ issuer, publicAddresses }: ServerConfig): Promise<Check> {
  const host = new URL(issuer).hostname.replace(/^\[(.*)\]$/, '$1');
  const found = await lookup(host, { all: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  });
  const addresses = found.map(({ address }) => address);
  if (addresses.length === 0)
    return wrong(
      'name',
      `DNS has no address for ${host}, the host of the issuer.`,
      'Enter it in DNS, or set issuer to the name that clients use.',
    );
  const reachable = addresses.filter(isReachable);
  if (reachable.length === 0 && publicAddresses === undefined)
    return wrong(
      'name',
      `${host} is ${addresses.join(', ')} here, where other computers do not come.`,
      'Set issuer to a name that they can resolve, or publicAddresses to where they reach this server.',
    );
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  const elsewhere = reachable.some((address) => own.includes(address))
    ? ''
    : ', not an address of this machine (right behind a NAT or a proxy)';
  return fine('name', `${host} is ${addresses.join(', ')}${elsewhere}.`);
}

/** Clients come to the port of the issuer; who passes it on to another one has said so with one of two settings. */
export function portCheck({ issuer, listen, publicAddresses, trustedProxies }: ServerConfig): Check {
  const port = Number(new URL(issuer).port || 443);
  if (port === listen.port) return fine('port', `Clients come to port ${port}, where the server listens.`);
  const passing = `Clients come to port ${port} (issuer), and the server listens on ${listen.port}`;
  return publicAddresses !== undefined || trustedProxies.length > 0
    ? fine('port', `${passing}, which a proxy or router has to pass on.`)
    : unknown(
        'port',
        `${passing}: right where something passes the one on to the other.`,
        `Set listen.port = ${port}; or, behind a proxy, trustedProxies; behind a router, publicAddresses.`,
      );
}

/** One-time passwords live by the clock. */
export async function clockCheck(): Promise<Check> {
  const timedatectl = findProgram('timedatectl');
  const told =
    timedatectl === null
      ? null
      : await runProgram({ path: timedatectl, args: ['show', '-p', 'NTPSynchronized', '--value'] });
  if (!told?.ok)
    return unknown(
      'clock',
      'Whether something sets the clock is not known (no timedatectl).',
      'Codes are refused where it is 30 s off: compare `date -u` with another machine.',
    );
  return told.stdout.trim() === 'yes'
    ? fine('clock', 'The clock is set by the network.')
    : wrong(
        'clock',
        'Nothing sets the clock: codes are refused where it is 30 s off.',
        'timedatectl set-ntp true',
      );
}

export async function mailCheck(config: ServerConfig): Promise<Check> {
  // Here and not above: most commands do without an SMTP client.
  const { openTransport } = await import('../mail/mail-transport.ts');
  const opened = openTransport(config);
  if (!opened.ok) return wrong('mail', `${opened.mistakes.join('; ')}.`, 'Look at the mail settings.');
  const { transport } = opened;
  if (!transport || !config.mail)
    return fine(
      'mail',
      'No mail server is set: members are told nothing by mail, and MFA cannot be reset by link.',
    );
  const { host, port } = config.mail;
  try {
    await transport.verify();
    return fine('mail', `The mail server ${host}:${port} takes us.`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return wrong(
      'mail',
      `The mail server ${host}:${port} does not take us: ${why}.`,
      'Look at mail.host, .port, .security, .user and .password, and at the firewall.',
    );
  } finally {
    transport.close();
  }
}

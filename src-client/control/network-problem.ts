import {
  certificateFault,
  certificateSentence,
  isCertificateFault,
  type SeenCertificate,
} from '../../src-node/certificate-fault.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';

/** The connection was never there, so nothing can have arrived. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export interface NetworkFailure {
  problem: Problem;
  /** The request may have reached the server although no answer came. */
  mayHaveArrived: boolean;
}

/**
 * An error of socket, TLS or HTTP → what the user is told. Only the error's code is passed on, never its text. `proxy`:
 * the web proxy that this computer is set to use, without name and password; null when there is none for the server.
 * `now`: this computer's clock, which certificates are held against. `seen`: the certificate that was refused, if that is it.
 */
export function networkFailure(
  error: unknown,
  serverUrl: string,
  proxy: string | null,
  now: number,
  seen: SeenCertificate | null = null,
): NetworkFailure {
  const { host, hostname, port } = new URL(serverUrl);
  const code = errorCode(error);
  if (isCertificateFault(code))
    return { problem: refusedCertificate(code, host, seen, now), mayHaveArrived: false };
  const mayHaveArrived = !NEVER_CONNECTED.has(code);
  const detail = `No connection to ${host}.`;
  if (proxy === null)
    return { problem: problem('server-unreachable', detail, { cause: code, host }), mayHaveArrived };
  const server = `${hostname}:${port || '443'}`;
  const why = `This computer is set to reach the web through the proxy ${proxy}, which Postern does not use. Ask your administrator to let it reach ${server} directly.`;
  return {
    problem: problem('server-unreachable', `${detail} ${why}`, { cause: code, host, proxy, server }),
    mayHaveArrived,
  };
}

/** Certificate or clock is at fault, and nobody can be asked: what the server says is not to be believed. */
function refusedCertificate(cause: string, host: string, seen: SeenCertificate | null, now: number): Problem {
  const found = certificateFault(cause, seen, now);
  const { fault, ...extras } = found;
  const detail = fault === 'untrusted' ? undefined : certificateSentence(found, host);
  const isYetToCome = fault === 'not-yet-valid';
  return problem('server-untrusted-certificate', detail, { cause, host, ...extras, isYetToCome });
}

/** `code` of an error; of an AggregateError (several addresses tried) that of the first. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

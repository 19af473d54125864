import { type Problem, problem } from '../../src-shared/problem.ts';

/** Codes of OpenSSL and Node for a certificate that does not verify (`X509_V_ERR_…`, `ERR_TLS_CERT_…`). */
const CERTIFICATE =
  /^(CERT_|CRL_|ERR_TLS_CERT|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET_ISSUER|VERIFY|DECRYPT|DECODE)|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH)/;
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
 * `now`: this computer's clock, which certificates are held against.
 */
export function networkFailure(
  error: unknown,
  serverUrl: string,
  proxy: string | null,
  now: number,
): NetworkFailure {
  const { host, hostname, port } = new URL(serverUrl);
  const code = errorCode(error);
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED')
    return { problem: untimely(code, host, localDate(now)), mayHaveArrived: false };
  if (CERTIFICATE.test(code))
    return {
      problem: problem('server-untrusted-certificate', undefined, { cause: code, host }),
      mayHaveArrived: false,
    };
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

/** Either the certificate is at fault or the clock, and nobody can be asked: what the server says is not to be believed. */
function untimely(cause: 'CERT_NOT_YET_VALID' | 'CERT_HAS_EXPIRED', host: string, date: string): Problem {
  const isYetToCome = cause === 'CERT_NOT_YET_VALID';
  const what = isYetToCome ? `is not valid yet on ${date}` : `has expired by ${date}`;
  const detail = `The certificate of ${host} ${what}, the date of this computer. If that date is wrong, set it right. If not, tell your administrator.`;
  return problem('server-untrusted-certificate', detail, { cause, host, date, isYetToCome });
}

/** `2026-03-01`, where this computer is. */
function localDate(now: number): string {
  const date = new Date(now);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `code` of an error; of an AggregateError (several addresses tried) that of the first. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

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

/** An error of socket, TLS or HTTP → what the user is told. Only the error's code is passed on, never its text. */
export function networkFailure(error: unknown, host: string): NetworkFailure {
  const code = errorCode(error);
  if (CERTIFICATE.test(code))
    return {
      problem: problem('server-untrusted-certificate', undefined, { cause: code, host }),
      mayHaveArrived: false,
    };
  const detail = `No connection to ${host}.`;
  return {
    problem: problem('server-unreachable', detail, { cause: code, host }),
    mayHaveArrived: !NEVER_CONNECTED.has(code),
  };
}

/** `code` of an error; of an AggregateError (several addresses tried) that of the first. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

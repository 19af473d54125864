import { isIP, type LookupFunction } from 'node:net';
import { connect } from 'node:tls';

/** Codes of OpenSSL and Node for a certificate that does not verify (`X509_V_ERR_…`, `ERR_TLS_CERT_…`). */
const CERTIFICATE =
  /^(CERT_|CRL_|ERR_TLS_CERT|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET_ISSUER|VERIFY|DECRYPT|DECODE)|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH)/;
const LOOK_LIMIT_MS = 3_000;
const MOST_NAMES = 5;

/** Whether the error of a connection says that the server's certificate was refused. */
export function isCertificateFault(code: string): boolean {
  return CERTIFICATE.test(code);
}

/** What a server's certificate says of itself; nobody has checked it. */
export interface SeenCertificate {
  /** Milliseconds since 1970. */
  notBefore: number;
  notAfter: number;
  /** DNS names and addresses, the first few. */
  names: string[];
}

/**
 * Looks at the certificate that was refused, so that people can be told what is wrong with it: an error has no more than
 * a code. Nothing is sent to the server beyond the handshake. Null when it does not answer within three seconds.
 */
export function lookAtCertificate(
  serverUrl: string,
  lookup?: LookupFunction,
): Promise<SeenCertificate | null> {
  const { hostname, port } = new URL(serverUrl);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      timeout: LOOK_LIMIT_MS,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(lookup === undefined ? {} : { lookup }),
    });
    const limit = setTimeout(() => finish(null), LOOK_LIMIT_MS);
    const finish = (seen: SeenCertificate | null): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(seen);
    };
    socket.on('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      if (!certificate) return finish(null);
      const { validFromDate, validToDate, subjectAltName } = certificate;
      finish({
        notBefore: validFromDate.getTime(),
        notAfter: validToDate.getTime(),
        names: namesIn(subjectAltName ?? ''),
      });
    });
    socket.on('error', () => finish(null));
    socket.on('close', () => finish(null));
  });
}

function namesIn(subjectAltName: string): string[] {
  const found = subjectAltName.matchAll(/(?:DNS|IP Address):([\w.*:-]{1,100})/g);
  return Array.from(found, ([, name = '']) => name).slice(0, MOST_NAMES);
}

/** What is wrong with a refused certificate, as far as it can be told; dates as `2026-03-01`. */
export type CertificateFault =
  /** `date`: this computer's. `certificateDate`: since or until when; null where it is not the server's own that is at fault. */
  | { fault: 'expired' | 'not-yet-valid'; date: string; certificateDate: string | null }
  | { fault: 'other-names'; names: string }
  | { fault: 'untrusted' };

export function certificateFault(code: string, seen: SeenCertificate | null, now: number): CertificateFault {
  switch (code) {
    case 'CERT_HAS_EXPIRED': {
      const isOwn = seen !== null && seen.notAfter <= now;
      return {
        fault: 'expired',
        date: localDate(now),
        certificateDate: isOwn ? localDate(seen.notAfter) : null,
      };
    }
    case 'CERT_NOT_YET_VALID': {
      const isOwn = seen !== null && seen.notBefore > now;
      return {
        fault: 'not-yet-valid',
        date: localDate(now),
        certificateDate: isOwn ? localDate(seen.notBefore) : null,
      };
    }
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return seen === null || seen.names.length === 0
        ? { fault: 'untrusted' }
        : { fault: 'other-names', names: seen.names.join(', ') };
    default:
      return { fault: 'untrusted' };
  }
}

/** One or two sentences with what to do; `host` as people typed it. */
export function certificateSentence(found: CertificateFault, host: string): string {
  switch (found.fault) {
    case 'expired': {
      const { date, certificateDate } = found;
      return certificateDate === null
        ? `The certificate of ${host} has expired by ${date}, the date of this computer. ${WRONG_DATE}`
        : `The certificate of ${host} expired on ${certificateDate}. This computer's date is ${date}. ${WRONG_DATE}`;
    }
    case 'not-yet-valid': {
      const { date, certificateDate } = found;
      return certificateDate === null
        ? `The certificate of ${host} is not valid yet on ${date}, the date of this computer. ${WRONG_DATE}`
        : `The certificate of ${host} is not valid before ${certificateDate}. This computer's date is ${date}. ${WRONG_DATE}`;
    }
    case 'other-names':
      return `The server at ${host} showed a certificate for ${found.names}. Look for a slip in the address; if there is none, tell your administrator.`;
    case 'untrusted':
      return `The server at ${host} showed a certificate that this computer does not trust.`;
  }
}
const WRONG_DATE = 'If that date is wrong, set it right. If not, tell your administrator.';

/** For logs: looks at the certificate that was refused with `code`, and says what is wrong with it. */
export async function certificateReason(code: string, serverUrl: string, now: number): Promise<string> {
  const { host } = new URL(serverUrl);
  return certificateSentence(certificateFault(code, await lookAtCertificate(serverUrl), now), host);
}

/** `2026-03-01`, where this computer is. */
function localDate(now: number): string {
  const date = new Date(now);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { fileTrouble } from '../../src-node/file-owner.ts';

/** PEM; `cert` holds the whole chain, the server's own certificate first. */
export interface TlsPair {
  cert: string;
  key: string;
}

export interface CertificateFacts {
  /** The issuer's host: for whom clients expect it to be. */
  host: string;
  isForHost: boolean;
  /** What it is for instead, as it says itself. */
  names: string;
  /** Milliseconds since 1970. */
  notBefore: number;
  notAfter: number;
  /** SHA-256, hex with colons. */
  fingerprint: string;
}

export type ReadPair = { ok: true; pair: TlsPair } | { ok: false; mistakes: string[] };
export type ReadCertificate =
  | { ok: true; pair: TlsPair; facts: CertificateFacts }
  | { ok: false; mistakes: string[] };

/** The two files as they are now; every one that cannot be read is named. */
export function readPair({ certFile, keyFile }: { certFile: string; keyFile: string }): ReadPair {
  const mistakes: string[] = [];
  const read = (field: string, file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const trouble = fileTrouble(file);
      const missing = `${file} is not there`;
      mistakes.push(
        `${field}: ${trouble?.kind === 'denied' ? trouble.text : trouble ? missing : reasonOf(error)}`,
      );
      return '';
    }
  };
  const pair = { cert: read('tls.certFile', certFile), key: read('tls.keyFile', keyFile) };
  return mistakes.length === 0 ? { ok: true, pair } : { ok: false, mistakes };
}

/** Whether a server can answer with this pair, whatever the date. `issuer`: a URL. */
export function checkPair(pair: TlsPair, issuer: string): ReadCertificate {
  const fail = (mistake: string): ReadCertificate => ({ ok: false, mistakes: [mistake] });
  let own: X509Certificate;
  try {
    own = new X509Certificate(pair.cert);
  } catch (error) {
    return fail(`tls.certFile: holds no certificate in PEM (${reasonOf(error)})`);
  }
  try {
    if (!own.checkPrivateKey(createPrivateKey(pair.key)))
      return fail(
        "tls.keyFile: is not the key of the first certificate of tls.certFile. The server's own comes first, then the chain",
      );
  } catch (error) {
    return fail(
      `tls.keyFile: holds no private key in PEM that can be used without a passphrase (${reasonOf(error)})`,
    );
  }
  try {
    createSecureContext(pair);
  } catch (error) {
    return fail(`tls.certFile: cannot be used (${reasonOf(error)})`);
  }
  return { ok: true, pair, facts: factsOf(own, new URL(issuer).hostname) };
}

function factsOf(own: X509Certificate, hostname: string): CertificateFacts {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    isForHost: (isIP(host) === 0 ? own.checkHost(host) : own.checkIP(host)) !== undefined,
    names: own.subjectAltName?.replaceAll('IP Address:', 'IP:') ?? own.subject.replaceAll('\n', ', '),
    notBefore: own.validFromDate.getTime(),
    notAfter: own.validToDate.getTime(),
    fingerprint: own.fingerprint256,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

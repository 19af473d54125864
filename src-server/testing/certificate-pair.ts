import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM, self-signed. */
export interface TestPair {
  cert: string;
  key: string;
}

/** A certificate for a DNS name, made by openssl; valid from now on. */
export function makePair(folder: string, { name, days }: { name: string; days: number }): TestPair {
  const [certFile, keyFile] = [join(folder, 'made.pem'), join(folder, 'made.key')];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', String(days)],
    ...['-keyout', keyFile, '-out', certFile],
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${String(made.stderr)}`);
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

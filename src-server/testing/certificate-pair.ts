import { spawnSync } from 'node:child_process';

/** PEM, self-signed. */
export interface TestPair {
  cert: string;
  key: string;
}

/** A certificate for a DNS name and IP addresses, made by openssl; valid from now on. */
export function makePair(about: { name: string; addresses?: string[]; days: number }): TestPair {
  const { name, addresses = [], days } = about;
  const names = [`DNS:${name}`, ...addresses.map((address) => `IP:${address}`)].join(',');
  const made = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, '-days', String(days)],
      // Both to standard output, the key first.
      ...['-keyout', '-'],
    ],
    { encoding: 'utf8' },
  );
  const at = made.stdout.indexOf('-----BEGIN CERTIFICATE-----');
  if (made.status !== 0 || at === -1) throw new Error(`openssl: ${made.stderr}`);
  return { cert: made.stdout.slice(at), key: made.stdout.slice(0, at) };
}

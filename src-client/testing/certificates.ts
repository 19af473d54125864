import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runProgram } from '../../src-node/run-program.ts';

export interface TestCertificate {
  /** Trust this and `key` is good for 127.0.0.1 and localhost. */
  caFile: string;
  ca: string;
  cert: string;
  key: string;
}

/** A self-signed certificate made by openssl in `folder`. */
export async function makeCertificate(folder: string, name = 'server'): Promise<TestCertificate> {
  const openssl = findProgram('openssl');
  if (!openssl) throw new Error('openssl is not installed');
  const keyFile = join(folder, `${name}.key`);
  const caFile = join(folder, `${name}.pem`);
  const made = await runProgram({
    path: openssl,
    args: [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=Postern test', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
      ...['-keyout', keyFile, '-out', caFile],
    ],
  });
  if (!made.ok) throw new Error(made.message);
  const cert = readFileSync(caFile, 'utf8');
  return { caFile, ca: cert, cert, key: readFileSync(keyFile, 'utf8') };
}

/** The same, but its last day was yesterday. */
export async function expire(certificate: TestCertificate, folder: string): Promise<TestCertificate> {
  const openssl = findProgram('openssl');
  if (!openssl) throw new Error('openssl is not installed');
  const keyFile = join(folder, 'expired.key');
  const caFile = join(folder, 'expired.pem');
  writeFileSync(keyFile, certificate.key, { mode: 0o600 });
  const made = await runProgram({
    path: openssl,
    args: ['x509', '-in', certificate.caFile, '-signkey', keyFile, '-days', '-1', '-out', caFile],
  });
  if (!made.ok) throw new Error(made.message);
  const cert = readFileSync(caFile, 'utf8');
  return { caFile, ca: cert, cert, key: certificate.key };
}

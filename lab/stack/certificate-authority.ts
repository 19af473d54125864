import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SERVER_NAME } from './name-answer.ts';
import { run } from './run.ts';

export interface Certificates {
  caFile: string;
  certFile: string;
  keyFile: string;
}

const VALID_DAYS = 30;

/**
 * Makes a certificate authority on the spot (P-256) and the server's certificate for `address`, 127.0.0.1 and
 * localhost. The authority's key is deleted again: it signs this one certificate and no other.
 */
export async function makeCertificates(
  folder: string,
  caFile: string,
  address: string,
): Promise<Certificates> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string) => path.join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  writeFileSync(
    file('ca.cnf'),
    [
      '[req]',
      'distinguished_name=name',
      'prompt=no',
      'x509_extensions=ca',
      '[name]',
      'CN=Postern local stack CA',
      '[ca]',
      'basicConstraints=critical,CA:TRUE,pathlen:0',
      'keyUsage=critical,keyCertSign,cRLSign',
      'subjectKeyIdentifier=hash',
    ].join('\n'),
  );
  writeFileSync(
    file('server.ext'),
    [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=serverAuth',
      `subjectAltName=IP:${address},IP:127.0.0.1,DNS:localhost,DNS:${SERVER_NAME}`,
      'authorityKeyIdentifier=keyid',
    ].join('\n'),
  );
  const days = ['-days', String(VALID_DAYS)];
  const caKey = file('ca.key');
  const config = ['-config', file('ca.cnf')];
  await run('openssl', ['req', '-x509', ...config, ...newKey, '-keyout', caKey, '-out', caFile, ...days]);
  const keyFile = file('server.key');
  const request = ['-keyout', keyFile, '-out', file('server.csr'), '-subj', '/CN=Postern local stack'];
  await run('openssl', ['req', '-new', ...config, ...newKey, ...request]);
  const certFile = file('server.pem');
  const signing = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-CAserial', file('ca.srl')];
  const signed = ['-in', file('server.csr'), '-out', certFile, '-extfile', file('server.ext')];
  await run('openssl', ['x509', '-req', ...signed, ...signing, ...days]);
  for (const name of ['ca.key', 'ca.cnf', 'ca.srl', 'server.csr', 'server.ext'])
    rmSync(file(name), { force: true });
  return { caFile, certFile, keyFile };
}

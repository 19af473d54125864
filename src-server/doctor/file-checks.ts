import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Check, fine, wrong } from '../../src-node/check.ts';
import { fileTrouble } from '../../src-node/file-owner.ts';
import { certificateTrouble, troubleText } from '../certificate/expiry.ts';
import { checkPair, readPair } from '../certificate/server-certificate.ts';
import type { ServerConfig } from '../config.ts';
import { keyFiles, loadServerKeys } from '../keys/server-keys.ts';
import type { Looked } from './looked-at.ts';

/** Room for the log, a backup beside it, and the copy of an upgrade. */
const LEAST_FREE_BYTES = 200_000_000;

/** The configuration may hold the password of the mail server. */
export function secretCheck({ config, configFile }: Looked): Check {
  if (configFile === null) return fine('config', 'The settings come from the environment.');
  const { mode } = statSync(configFile);
  const isOpen = (mode & 0o004) !== 0 && config.mail?.password !== undefined;
  return isOpen
    ? wrong(
        'config',
        `${configFile} holds the mail password, and everybody may read it.`,
        `chmod 640 ${configFile}`,
      )
    : fine('config', `${configFile} has no mistakes.`);
}

/** Neither keys nor a database: nothing is lost, nothing was made yet. */
function isBeforeInit({ config: { databaseFile, keysDir }, env }: Pick<Looked, 'config' | 'env'>): boolean {
  const isMissing = (file: string) => fileTrouble(file)?.kind === 'missing';
  return [databaseFile, ...keyFiles(keysDir, env)].every(isMissing);
}

export async function keyChecks({ config, env }: Looked): Promise<Check[]> {
  const { keysDir, issuer, secretsAreMounted: areMounted } = config;
  const loaded = await loadServerKeys(keysDir, issuer, env, { areMounted });
  if (loaded.ok) return [fine('keys', `The keys in ${keysDir} can be read, by nobody else.`)];
  if (isBeforeInit({ config, env }))
    return [wrong('keys', `${keysDir} has no keys yet.`, 'postern-server init')];
  return loaded.faults.map(({ detail, remedy }) => wrong('keys', `${detail}.`, remedy));
}

export async function diskCheck({ databaseFile }: ServerConfig): Promise<Check> {
  const folder = dirname(databaseFile);
  const trouble = fileTrouble(folder, 'read');
  if (trouble?.kind === 'missing')
    return wrong('disk', `${folder}, the folder of databaseFile, is not there.`, `mkdir -m 700 ${folder}`);
  const { bavail, bsize } = await statfs(folder);
  const size = existsSync(databaseFile) ? statSync(databaseFile).size : 0;
  const free = bavail * bsize;
  const room = `${Math.round(free / 1_000_000)} MB are free in ${folder}`;
  return free < Math.max(LEAST_FREE_BYTES, 2 * size)
    ? wrong(
        'disk',
        `${room}: too few for the database's log and a copy of it.`,
        'Make room, or move databaseFile to a larger disk.',
      )
    : fine('disk', `${room}.`);
}

export function certificateCheck({ config, now }: Looked): Check | Check[] {
  const read = readPair(config.tls);
  const checked = read.ok ? checkPair(read.pair, config.issuer) : read;
  if (!checked.ok)
    return checked.mistakes.map((mistake) =>
      wrong(
        'certificate',
        `${mistake}.`,
        'Set tls.certFile and tls.keyFile to PEM files that the server may read.',
      ),
    );
  const { facts } = checked;
  const trouble = certificateTrouble(facts, now());
  if (trouble === null)
    return fine(
      'certificate',
      `The certificate is for ${facts.host}, until ${new Date(facts.notAfter).toISOString().slice(0, 10)}.`,
    );
  const remedy =
    trouble === 'wrong-name'
      ? `Ask for one with subjectAltName DNS:${facts.host}, or set issuer to the name that clients use.`
      : 'Renew it (docs/operations.md, "Certificates").';
  return wrong('certificate', `${troubleText(facts, trouble)}.`, remedy);
}

export function panelCheck({ panelDir }: Looked): Check {
  return existsSync(join(panelDir, 'index.html'))
    ? fine('panel', 'The page of the Control Panel is built.')
    : wrong(
        'panel',
        'The page of the Control Panel is not built: its address shows nothing.',
        'npm run build:panel',
      );
}

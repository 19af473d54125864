import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { fileTrouble } from './file-owner.ts';
import { type Mistake, mistakeLine } from './mistake.ts';
import { userName } from './passwd.ts';

export type SecretRead =
  | { ok: true; text: string }
  | { ok: false; isMissing: true; mistake: string }
  /** `mistake` is `fault` in one line. */
  | { ok: false; isMissing: false; mistake: string; fault: Mistake };

export interface SecretPlace {
  /** Of the program: `CREDENTIALS_DIRECTORY` is where systemd puts what `LoadCredential=` names. */
  env: Record<string, string | undefined>;
  /** A container mounts secrets: files of root that all of its processes may read, and none may write. */
  areMounted?: boolean;
}

/**
 * The content of a file that holds a secret. It is refused where others may read it, with what to run: `chmod 600`, or
 * the setting for a container's mounts. Systemd's credentials are read as they are: it lets in the service alone.
 */
export function readSecret(path: string, { env, areMounted = false }: SecretPlace): SecretRead {
  const refused = (fault: Mistake): SecretRead => ({
    ok: false,
    isMissing: false,
    mistake: mistakeLine(fault),
    fault,
  });
  const trouble = fileTrouble(path);
  if (trouble?.kind === 'missing') return { ok: false, isMissing: true, mistake: `${path}: not there` };
  if (trouble) return refused(trouble.mistake);
  const { mode, uid } = statSync(path);
  if ((mode & 0o077) === 0) return { ok: true, text: readFileSync(path, 'utf8') };
  const bits = (mode & 0o777).toString(8).padStart(3, '0');
  const isOthersToChange = (mode & 0o022) !== 0 || (uid !== 0 && uid !== process.getuid?.());
  if (isCredential(path, env) && !isOthersToChange) return { ok: true, text: readFileSync(path, 'utf8') };
  if (areMounted && isOthersToChange)
    return refused({
      detail: `${path}: mode ${bits}, of ${userName(uid)}: others may change it, so it is no secret of a mount`,
      remedy: `run: chmod 600 ${path}`,
    });
  if (areMounted) return { ok: true, text: readFileSync(path, 'utf8') };
  const inMount =
    uid === 0 && !isOthersToChange ? ' (a secret that a container mounts: secretsAreMounted = true)' : '';
  return refused({
    detail: `${path}: mode ${bits} lets others read it`,
    remedy: `run: chmod 600 ${path}${inMount}`,
  });
}

function isCredential(path: string, env: SecretPlace['env']): boolean {
  const folder = env.CREDENTIALS_DIRECTORY;
  if (!folder?.startsWith(sep)) return false;
  const inside = dirname(realpathSync(resolve(path)));
  return inside === realpathSync(folder);
}

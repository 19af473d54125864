import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '..');

/** `1.2.3`, with the commit that a checkout stands at where it is known: `1.2.3 (0123456789ab)`. */
export function versionText(root = ROOT): string {
  const commit = commitOf(root);
  return commit === null ? packageJson.version : `${packageJson.version} (${commit})`;
}

/** Of a package there is none: it is known by its version. */
function commitOf(root: string): string | null {
  const read = (...path: string[]): string | null => {
    try {
      return readFileSync(join(root, '.git', ...path), 'utf8').trim();
    } catch (error) {
      if (error instanceof Error && 'code' in error) return null;
      throw error;
    }
  };
  const head = read('HEAD');
  const branch = head && /^ref: (refs\/\S+)$/.exec(head)?.[1];
  const packed = () =>
    read('packed-refs')
      ?.split('\n')
      .find((line) => line.endsWith(` ${branch}`));
  const commit = branch ? (read(branch) ?? packed()) : head;
  return /^[0-9a-f]{12}/.exec(commit ?? '')?.[0] ?? null;
}

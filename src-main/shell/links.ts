import { shell } from 'electron';
import type { externalLinks } from '../../src-shared/app-ipc.ts';
import { isAllowedExternal, linkTargets } from '../app/external-links.ts';

/** Opens one of the pages that we know in the system's browser. */
export async function openExternalLink(link: (typeof externalLinks)[number]): Promise<void> {
  const target = linkTargets[link];
  if (!isAllowedExternal(target)) throw new Error('not a page that the app opens');
  await shell.openExternal(target);
}

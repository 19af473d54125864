import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type AfterPackContext, Arch, LinuxPackager, log } from 'electron-builder';
import { inspectArchive } from './archive-contents.ts';
import { flipAndReadBack } from './fuses.ts';
import { feedFile, feedSettings } from './update-feed.ts';

/** electron-builder's hook before it signs: flips the fuses, reads them back and looks into the archive. */
export async function afterPack(context: AfterPackContext): Promise<void> {
  const { appOutDir, electronPlatformName, packager } = context;
  const wire = await flipAndReadBack(executableOf(context), electronPlatformName, Arch[context.arch]);
  log.info({ wire }, 'fuses flipped and read back');
  const resources = packager.getResourcesDir(appOutDir);
  const findings = inspectArchive(
    path.join(resources, 'app.asar'),
    `${electronPlatformName}-${Arch[context.arch]}`,
  );
  if (findings.length > 0) throw new Error(`the archive is not fit to ship:\n  ${findings.join('\n  ')}`);
  const feed = feedSettings(process.env);
  if (feed) await writeFile(path.join(resources, 'update-feed.json'), feedFile(feed));
}

function executableOf({ appOutDir, electronPlatformName, packager }: AfterPackContext): string {
  if (packager instanceof LinuxPackager) return path.join(appOutDir, packager.executableName);
  const extension = electronPlatformName === 'win32' ? 'exe' : 'app';
  return path.join(appOutDir, `${packager.appInfo.productFilename}.${extension}`);
}

import path from 'node:path';
import { type AfterPackContext, Arch, LinuxPackager, log } from 'electron-builder';
import { inspectArchive } from './archive-contents.ts';
import { flipAndReadBack } from './fuses.ts';

/** electron-builder's hook before it signs: flips the fuses, reads them back and looks into the archive. */
export async function afterPack(context: AfterPackContext): Promise<void> {
  const { appOutDir, electronPlatformName, packager } = context;
  const wire = await flipAndReadBack(executableOf(context), electronPlatformName, Arch[context.arch]);
  log.info({ wire }, 'fuses flipped and read back');
  const findings = inspectArchive(path.join(packager.getResourcesDir(appOutDir), 'app.asar'));
  if (findings.length > 0) throw new Error(`the archive is not fit to ship:\n  ${findings.join('\n  ')}`);
}

function executableOf({ appOutDir, electronPlatformName, packager }: AfterPackContext): string {
  if (packager instanceof LinuxPackager) return path.join(appOutDir, packager.executableName);
  const extension = electronPlatformName === 'win32' ? 'exe' : 'app';
  return path.join(appOutDir, `${packager.appInfo.productFilename}.${extension}`);
}

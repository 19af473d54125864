import { readFile, writeFile } from 'node:fs/promises';

/**
 * Lets the kernel pass packets on; answers how to undo it, or null where it does so already
 * by somebody else's wish (`isLeftOpen`: by ours, before we were killed). Throws with what to do
 * where that is not allowed.
 */
export async function openForwarding(
  file: string,
  isLeftOpen: boolean,
): Promise<(() => Promise<void>) | null> {
  const isOpen = (await readFile(file, 'utf8')).trim() !== '0';
  if (isOpen) return isLeftOpen ? () => writeFile(file, '0') : null;
  try {
    await writeFile(file, '1');
  } catch (error) {
    const setting = file.slice('/proc/sys/'.length).replaceAll('/', '.');
    throw new Error(`packets are not forwarded and this cannot be changed here: sysctl -w ${setting}=1`, {
      cause: error,
    });
  }
  return () => writeFile(file, '0');
}

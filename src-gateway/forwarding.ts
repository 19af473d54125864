import { readFile, writeFile } from 'node:fs/promises';

/** Lets the kernel pass packets on; answers how to undo it. Throws with what to do where that is not allowed. */
export async function openForwarding(file: string): Promise<() => Promise<void>> {
  if ((await readFile(file, 'utf8')).trim() !== '0') return async () => undefined;
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

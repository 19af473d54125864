import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { checkout } from './stack/folders.ts';

const DOWNLOAD_LIMIT_MS = 180_000;
const folder = path.join(checkout, 'node_modules/electron');

/** Electron's own program, as its package left it; null when only the package is there. */
export function electronBinary(): string | null {
  const note = path.join(folder, 'path.txt');
  if (!existsSync(note)) return null;
  const file = path.join(folder, 'dist', readFileSync(note, 'utf8').trim());
  return existsSync(file) ? file : null;
}

/**
 * Lets the electron package fetch its binary, which npm does not do for us. `onProgress` hears the seconds that have
 * passed. Resolves to null, with the reason said through `onFailure`, after three minutes at the latest.
 */
export async function fetchElectron(options: {
  signal: AbortSignal;
  onProgress: (seconds: number) => void;
  onFailure: (why: string) => void;
}): Promise<string | null> {
  const begin = performance.now();
  const child = spawn(process.execPath, [path.join(folder, 'install.js')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: DOWNLOAD_LIMIT_MS,
    signal: options.signal,
  });
  const progress = setInterval(() => options.onProgress((performance.now() - begin) / 1000), 1000);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      said = error.message;
      resolve(null);
    });
    child.once('close', (status) => resolve(status));
  });
  clearInterval(progress);
  const binary = code === 0 ? electronBinary() : null;
  if (binary === null)
    options.onFailure(said.split('\n').find((line) => line.trim() !== '') ?? 'it took too long');
  return binary;
}

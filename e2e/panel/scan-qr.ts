import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from '@playwright/test';

/** What a phone reads from the QR code on screen, by a program that shares nothing with the page. */
export async function scanQr(code: Locator): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pst-qr-'));
  try {
    const picture = path.join(folder, 'qr.png');
    await code.screenshot({ path: picture });
    const read = execFileSync('zbarimg', ['--raw', '--quiet', picture], {
      encoding: 'utf8',
      // It asks for a system bus, and does without.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return read.trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

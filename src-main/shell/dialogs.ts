import { join } from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';
import type { Words } from '../app/words.ts';

/** The user picks a PEM file; null when cancelled. */
export async function chooseCaFile(parent: BrowserWindow, words: Words): Promise<string | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog(parent, {
    title: words.chooseCa,
    properties: ['openFile'],
    filters: [{ name: words.certificates, extensions: ['pem', 'crt', 'cer'] }],
  });
  return canceled ? null : (filePaths[0] ?? null);
}

/** The user picks where; the file is 0600 and replaced in one step. False when cancelled, rejects when not written. */
export async function saveTextFile(
  parent: BrowserWindow,
  title: string,
  fileName: string,
  text: string,
): Promise<boolean> {
  const { canceled, filePath } = await dialog.showSaveDialog(parent, {
    title,
    defaultPath: join(app.getPath('documents'), fileName),
    filters: [{ name: 'Text', extensions: ['txt'] }],
  });
  if (canceled || !filePath) return false;
  await writeFileAtomic(filePath, text);
  return true;
}

/** Whether the user wants to quit although that ends the connection. */
export async function askToQuit(parent: BrowserWindow, words: Words): Promise<boolean> {
  const { response } = await dialog.showMessageBox(parent, {
    type: 'question',
    message: words.quitQuestion,
    detail: words.quitDetail,
    buttons: [words.quitAndDisconnect, words.stay],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  });
  return response === 0;
}

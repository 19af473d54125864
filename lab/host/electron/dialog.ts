import { askDialog } from './recorder.ts';

const isOptions = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !('webContents' in value);
const optionsOf = (args: readonly unknown[]): Record<string, unknown> => args.find(isOptions) ?? {};

/** Dialogs that a test answers. Without an answer they stay open, as on a screen that nobody looks at. */
export const dialog = {
  async showOpenDialog(...args: unknown[]): Promise<Electron.OpenDialogReturnValue> {
    const answer = await askDialog('open', optionsOf(args));
    const filePaths = answer.kind === 'open' ? answer.filePaths : [];
    return { canceled: filePaths.length === 0, filePaths };
  },
  async showSaveDialog(...args: unknown[]): Promise<Electron.SaveDialogReturnValue> {
    const answer = await askDialog('save', optionsOf(args));
    const filePath = answer.kind === 'save' ? answer.filePath : '';
    return { canceled: filePath === '', filePath };
  },
  async showMessageBox(...args: unknown[]): Promise<Electron.MessageBoxReturnValue> {
    const answer = await askDialog('message', optionsOf(args));
    return { response: answer.kind === 'message' ? answer.response : 0, checkboxChecked: false };
  },
  showErrorBox(title: string, content: string): void {
    console.error(`${title}: ${content}`);
  },
};

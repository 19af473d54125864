/**
 * What the operating system would show, kept for tests. Trays, notifications and dialogs have no place in a browser;
 * with real Electron `electron-recorder.cjs` fills the same object.
 */
export interface Recorder {
  trays: Electron.Tray[];
  /** The menu that each tray shows now. */
  trayMenus: Map<Electron.Tray, Electron.Menu>;
  trayImages: Map<Electron.Tray, string>;
  trayToolTips: Map<Electron.Tray, string>;
  notifications: { title: string; body: string; urgency: string; object: Electron.Notification }[];
  dialogs: { kind: 'open' | 'save' | 'message'; options: Record<string, unknown> }[];
  /** What the next dialogs answer; without one a dialog waits until there is. */
  dialogAnswers: DialogAnswer[];
  waitingDialogs: ((answer: DialogAnswer) => void)[];
  openedLinks: string[];
  /** The task bar asks for attention. */
  isFlashing: boolean;
  /** Overrides `net.isOnline()`. */
  isOnline: boolean | null;
}

export type DialogAnswer =
  | { kind: 'open'; filePaths: string[] }
  | { kind: 'save'; filePath: string }
  | { kind: 'message'; response: number };

export const recorder: Recorder = {
  trays: [],
  trayMenus: new Map(),
  trayImages: new Map(),
  trayToolTips: new Map(),
  notifications: [],
  dialogs: [],
  dialogAnswers: [],
  waitingDialogs: [],
  openedLinks: [],
  isFlashing: false,
  isOnline: null,
};

/** Records a dialog and waits for its answer. */
export function askDialog(
  kind: DialogAnswer['kind'],
  options: Record<string, unknown>,
): Promise<DialogAnswer> {
  recorder.dialogs.push({ kind, options });
  const answer = recorder.dialogAnswers.shift();
  if (answer) return Promise.resolve(answer);
  return new Promise((resolve) => recorder.waitingDialogs.push(resolve));
}

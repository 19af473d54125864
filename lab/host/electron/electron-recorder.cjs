// Loaded into real Electron before the app (`electron -r`): fills the recorder that the host fills by itself.
// Never part of a package; see recorder.ts for the shape.
const { app, dialog, net, Notification, shell, Tray } = require('electron');

const recorder = {
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
globalThis.posternRecorder = recorder;

/** Calls `note` with the object and its arguments after each call of a method. */
function after(prototype, method, note) {
  const original = prototype[method];
  prototype[method] = function recorded(...args) {
    const result = original.apply(this, args);
    note(this, ...args);
    return result;
  };
}

const noteTray = (tray) => recorder.trays.includes(tray) || recorder.trays.push(tray);
after(Tray.prototype, 'setContextMenu', (tray, menu) => {
  noteTray(tray);
  recorder.trayMenus.set(tray, menu);
});
after(Tray.prototype, 'setToolTip', (tray, text) => recorder.trayToolTips.set(tray, text));
after(Tray.prototype, 'setImage', (tray, image) => recorder.trayImages.set(tray, String(image)));
after(Notification.prototype, 'show', (object) => {
  const { title, body, urgency } = object;
  recorder.notifications.push({ title, body, urgency: urgency ?? 'normal', object });
});

/** A native dialog cannot be pressed by a test: it waits for the test's answer instead. */
const ask = (kind, args) => {
  recorder.dialogs.push({ kind, options: args.find((arg) => arg && !arg.webContents) ?? {} });
  const answer = recorder.dialogAnswers.shift();
  return answer ? Promise.resolve(answer) : new Promise((resolve) => recorder.waitingDialogs.push(resolve));
};
dialog.showOpenDialog = async (...args) => {
  const { filePaths = [] } = await ask('open', args);
  return { canceled: filePaths.length === 0, filePaths };
};
dialog.showSaveDialog = async (...args) => {
  const { filePath = '' } = await ask('save', args);
  return { canceled: filePath === '', filePath };
};
dialog.showMessageBox = async (...args) => {
  const { response = 0 } = await ask('message', args);
  return { response, checkboxChecked: false };
};
shell.openExternal = async (url) => void recorder.openedLinks.push(url);
const isOnline = net.isOnline.bind(net);
app.whenReady().then(() => {
  net.isOnline = () => recorder.isOnline ?? isOnline();
});

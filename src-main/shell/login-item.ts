import { app } from 'electron';
import { autostartPath, setAutostart } from '../app/autostart-entry.ts';

/** Argument of a start at login: the window stays in the tray. */
const HIDDEN_ARGUMENT = '--hidden';

export interface LoginItemOptions {
  platform: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Starts the app at login, or no longer. Rejects with the system's error. */
export async function setLaunchAtLogin(
  isWanted: boolean,
  { platform, env }: LoginItemOptions,
): Promise<void> {
  if (platform === 'linux') return setAutostart(autostartPath(env), isWanted ? launchCommand(env) : null);
  app.setLoginItemSettings({ openAtLogin: isWanted, args: [HIDDEN_ARGUMENT] });
}

/** Whether the system started the app, so that no window is wanted. macOS passes no arguments, but knows. */
export function wasOpenedAtLogin(platform: string, argv: readonly string[]): boolean {
  if (platform === 'darwin') return app.getLoginItemSettings().wasOpenedAtLogin;
  return argv.includes(HIDDEN_ARGUMENT);
}

/** An AppImage runs from a mount that is gone tomorrow: its own file is what starts it. */
function launchCommand(env: Readonly<Record<string, string | undefined>>): string[] {
  const program = env.APPIMAGE ?? app.getPath('exe');
  return [program, ...(app.isPackaged ? [] : [app.getAppPath()]), HIDDEN_ARGUMENT];
}

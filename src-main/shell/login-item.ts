import { app } from 'electron';
import { autostartPath, setAutostart } from '../app/autostart-entry.ts';

/** Argument of a start at login: the window stays in the tray. */
export const HIDDEN_ARGUMENT = '--hidden';

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

/** An AppImage runs from a mount that is gone tomorrow: its own file is what starts it. */
function launchCommand(env: Readonly<Record<string, string | undefined>>): string[] {
  const program = env.APPIMAGE ?? app.getPath('exe');
  return [program, ...(app.isPackaged ? [] : [app.getAppPath()]), HIDDEN_ARGUMENT];
}

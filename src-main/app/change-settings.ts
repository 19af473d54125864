import type { JsonFile } from '../../src-client/settings/json-file.ts';
import type { SettingsPatch } from '../../src-shared/app-ipc.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import type { AppSettings } from './app-settings.ts';

export interface ChangeSettingsOptions {
  file: JsonFile<AppSettings>;
  /** Rejects with the system's error. */
  setLaunchAtLogin: (isWanted: boolean) => Promise<void>;
  /** The new settings are in force: theme, language, window. */
  onChanged: (settings: AppSettings) => void;
}

/** Applies what the user changed. What this computer cannot do is refused, and then nothing is changed. */
export async function changeSettings(
  patch: SettingsPatch,
  { file, setLaunchAtLogin, onChanged }: ChangeSettingsOptions,
): Promise<Result<void>> {
  const { launchAtLogin } = patch;
  if (launchAtLogin !== undefined && launchAtLogin !== file.current.launchAtLogin) {
    try {
      await setLaunchAtLogin(launchAtLogin);
    } catch (error) {
      if (error instanceof Error && 'code' in error)
        return fail('storage-unavailable', 'This system did not let Postern change what starts at login.');
      throw error;
    }
  }
  const { current } = file;
  file.set({
    version: 1,
    launchAtLogin: patch.launchAtLogin ?? current.launchAtLogin,
    connectAtLaunch: patch.connectAtLaunch ?? current.connectAtLaunch,
    theme: patch.theme ?? current.theme,
    language: patch.language ?? current.language,
  });
  onChanged(file.current);
  return ok(undefined);
}

import { join } from 'node:path';
import { nativeTheme } from 'electron';
import { type JsonFile, openJsonFile } from '../../src-client/settings/json-file.ts';
import { type ActivityLog, openActivityLog } from '../app/activity-log.ts';
import { type AppSettings, appSettingsSchema, defaultAppSettings } from '../app/app-settings.ts';
import { type Words, wordsFor } from '../app/words.ts';
import type { Launch } from './launch.ts';

/** What the app remembers between two runs, and the words of the language that is chosen there. */
export interface Records {
  settings: JsonFile<AppSettings>;
  activity: ActivityLog;
  words: () => Words;
}

export async function setUpRecords({ profile, locale, now, log }: Launch): Promise<Records> {
  const settings = await openJsonFile({
    path: join(profile, 'app.json'),
    schema: appSettingsSchema,
    fallback: defaultAppSettings,
    now,
    log,
  });
  const activity = await openActivityLog({ folder: profile, now, log });
  nativeTheme.themeSource = settings.current.theme;
  return { settings, activity, words: () => wordsFor(settings.current.language, locale) };
}

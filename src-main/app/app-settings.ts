import * as z from 'zod';
import { language, theme } from '../../src-shared/app-snapshot.ts';

/** What the user chose for the app on this computer. No secret belongs in here. */
export const appSettingsSchema = z.object({
  version: z.literal(1),
  launchAtLogin: z.boolean(),
  connectAtLaunch: z.boolean(),
  theme,
  language,
});
export type AppSettings = z.infer<typeof appSettingsSchema>;

export const defaultAppSettings: AppSettings = {
  version: 1,
  launchAtLogin: false,
  connectAtLaunch: false,
  theme: 'system',
  language: 'system',
};

import * as z from 'zod';
import { language, theme } from '../../src-shared/app-snapshot.ts';
import { trafficWhileWaiting } from '../../src-shared/policy.ts';

/** What the user chose for the app on this computer. No secret belongs in here. */
export const appSettingsSchema = z.object({
  version: z.literal(1),
  launchAtLogin: z.boolean(),
  connectAtLaunch: z.boolean(),
  /** Null while the team's policy decides. */
  trafficWhileWaiting: trafficWhileWaiting.nullable(),
  theme,
  language,
});
export type AppSettings = z.infer<typeof appSettingsSchema>;

export const defaultAppSettings: AppSettings = {
  version: 1,
  launchAtLogin: false,
  connectAtLaunch: false,
  trafficWhileWaiting: null,
  theme: 'system',
  language: 'system',
};

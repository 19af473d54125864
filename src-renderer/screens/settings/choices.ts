import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';

type SettingsView = AppSnapshot['settings'];

/** The order on screen; the values are the contract's. */
export const themes = ['system', 'light', 'dark'] as const satisfies readonly SettingsView['theme'][];
export const languages = ['system', 'en', 'de'] as const satisfies readonly SettingsView['language'][];
export const trafficModes = ['off', 'gate', 'always'] as const satisfies readonly NonNullable<
  SettingsView['trafficWhileWaiting']
>[];

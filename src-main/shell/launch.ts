import { app } from 'electron';
import type { Logger } from 'pino';

export interface LaunchInput {
  env: Readonly<Record<string, string | undefined>>;
  argv: readonly string[];
  /** Folder of settings, activity and log. */
  profile: string;
  /** Of the page, and its `scheme://host[:port]`. */
  url: string;
  origin: string;
  log: Logger;
  logTail: () => string[];
}

/** What the app was started with and runs on; the same for every part and as long as the process lives. */
export interface Launch extends LaunchInput {
  platform: string;
  isPackaged: boolean;
  version: string;
  /** Absolute paths. */
  appPath: string;
  resources: string;
  /** Of the system, as a BCP 47 tag. */
  locale: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds, never set back. */
  monotonic: () => number;
}

/** Only after the app is ready: before that the system's language is not known. */
export function readLaunch(input: LaunchInput): Launch {
  return {
    ...input,
    platform: process.platform,
    isPackaged: app.isPackaged,
    version: app.getVersion(),
    appPath: app.getAppPath(),
    resources: process.resourcesPath,
    locale: app.getPreferredSystemLanguages()[0] ?? app.getLocale(),
    now: Date.now,
    monotonic: () => performance.now(),
  };
}

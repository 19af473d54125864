import type { AppFacts } from './app-snapshot-assembler.ts';

export interface AppFactsInput {
  version: string;
  platform: string;
  /** `process.versions`: Electron names itself there, and nowhere can it be claimed by a variable. */
  versions: Readonly<Record<string, string | undefined>>;
  isPackaged: boolean;
  locale: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** What stays the same while the app runs. A default server comes from the environment only in a checkout. */
export function appFacts({ version, platform, versions, isPackaged, locale, env }: AppFactsInput): AppFacts {
  return {
    name: 'Postern',
    version,
    platform: platform === 'darwin' || platform === 'win32' ? platform : 'linux',
    host: versions.electron === undefined ? 'browser' : 'electron',
    isPackaged,
    locale,
    defaultServerUrl: isPackaged ? null : (env.POSTERN_SERVER ?? null),
    update: 'off',
    hasRecovered: false,
  };
}

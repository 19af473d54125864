import type { ServerConfig } from '../config.ts';

/** What the looks of the doctor are given. */
export interface Looked {
  config: ServerConfig;
  /** Null: settings come from the environment alone. */
  configFile: string | null;
  /** Where the built page of the Control Panel is. */
  panelDir: string;
  env: Record<string, string | undefined>;
  now: () => number;
}

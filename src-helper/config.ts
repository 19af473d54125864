import * as z from 'zod';
import { type Loaded, loadConfig } from '../src-node/config.ts';
import { TRUSTED_SERVERS_FILE } from '../src-shared/server-key.ts';

/** Settings of the helper: TOML file, then `POSTERN_HELPER_…` variables, then flags. */
export const helperConfig = z.strictObject({
  /** Where clients connect. */
  socket: z.string().startsWith('/').default('/run/postern/helper.sock'),
  stateDir: z.string().startsWith('/').default('/var/lib/postern'),
  trustedServers: z.string().startsWith('/').default(TRUSTED_SERVERS_FILE),
  interface: z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,14}$/, 'expected an interface name of at most 15 characters')
    .default('postern0'),
  /** Its members may use the helper. */
  group: z.string().min(1).default('postern'),
  /** Users who may use the helper without being in the group. */
  allowUids: z.array(z.number().int().min(0)).default([]),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});
export type HelperConfig = z.infer<typeof helperConfig>;

/** Flags win over everything; they are checked like the rest. */
export function loadHelperConfig(
  file: string | undefined,
  env: Record<string, string | undefined>,
  flags: Partial<Record<keyof HelperConfig, unknown>>,
): Loaded<HelperConfig> {
  const loaded = loadConfig(helperConfig, {
    ...(file === undefined ? {} : { file }),
    env,
    envPrefix: 'POSTERN_HELPER_',
  });
  if (!loaded.ok) return loaded;
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const parsed = helperConfig.safeParse({ ...loaded.value, ...given });
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    mistakes: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
  };
}

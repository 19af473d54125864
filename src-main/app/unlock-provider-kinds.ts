import * as z from 'zod';

/** Ways to ask the user that need Electron. */
const shellProviderKind = z.enum(['webauthn', 'touch-id']);
export type ShellProviderKind = z.infer<typeof shellProviderKind>;

export interface ProviderQuestion {
  platform: string;
  isPackaged: boolean;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * How each system can ask its user beside polkit, which the core itself brings to Linux; best first. A checkout may
 * name others in `POSTERN_UNLOCK_PROVIDERS`, separated by commas, e.g. to run the WebAuthn page on Linux; an installed
 * app never reads that.
 */
export function unlockProviderKinds({ platform, isPackaged, env }: ProviderQuestion): ShellProviderKind[] {
  const wanted = env.POSTERN_UNLOCK_PROVIDERS;
  if (!isPackaged && wanted !== undefined)
    return wanted
      .split(',')
      .map((name) => shellProviderKind.safeParse(name).data)
      .filter((kind) => kind !== undefined);
  switch (platform) {
    case 'darwin':
      return ['webauthn', 'touch-id'];
    case 'win32':
      return ['webauthn'];
    default:
      return [];
  }
}

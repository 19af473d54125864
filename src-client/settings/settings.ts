import * as z from 'zod';
import { overlapSide } from '../../src-shared/helper-rpc.ts';
import { id } from '../../src-shared/primitives.ts';

/** What the client remembers in a file. No secret belongs in here: those are in the keychain. */
export const settingsSchema = z.object({
  version: z.literal(1),
  /** Keeps the keychain entries of several profiles apart. */
  profileId: z.uuid(),
  /** The session that is open; its token is in the keychain. */
  account: z
    .object({
      serverUrl: z.url(),
      serverName: z.string(),
      /** Who the server says it is; missing in the settings of an older version. */
      issuer: z.string().optional(),
      email: z.string(),
      memberId: id,
      deviceId: id,
      /** PEM bundle to trust for this server; null for the system's authorities. */
      caPem: z.string().nullable(),
      expiresAt: z.iso.datetime(),
    })
    .nullable(),
  /** `<server URL> <e-mail>` → device id: the same computer stays the same device. */
  devices: z.record(z.string(), id),
  /** Device id → highest seq of the channel that was handled. */
  lastSeq: z.record(z.string(), z.number().int().min(0)),
  /** Server URL → the gateway that was used last. */
  lastGateway: z.record(z.string(), id),
  /** `<networks> @ <network that the computer is attached to>` → whose these are there; missing in the settings of an older version. */
  overlapSides: z.record(z.string(), overlapSide).default({}),
});
export type Settings = z.infer<typeof settingsSchema>;
export type Account = NonNullable<Settings['account']>;

export function defaultSettings(profileId: string): Settings {
  return {
    version: 1,
    profileId,
    account: null,
    devices: {},
    lastSeq: {},
    lastGateway: {},
    overlapSides: {},
  };
}

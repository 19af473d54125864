import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createClient, type MessageBus } from 'dbus-native';
import type { Logger } from 'pino';
import * as z from 'zod';

export const SERVICE = 'org.freedesktop.secrets';
const SERVICE_PATH = '/org/freedesktop/secrets';
const CALL_TIMEOUT_MS = 5_000;

/** `ready`: items can be written. `locked`: somebody has to unlock the default keyring first. */
export type SecretServiceState = 'ready' | 'locked' | 'unavailable';

const paths = z.array(z.string());
const searchAnswer = z.tuple([paths, paths]);

/** Address of the session bus, as libsecret finds it; null when there is none (then keytar would try to start one). */
export function sessionBusAddress(env: Record<string, string | undefined>): string | null {
  if (env.DBUS_SESSION_BUS_ADDRESS) return env.DBUS_SESSION_BUS_ADDRESS;
  const path = env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'bus') : null;
  return path && existsSync(path) ? `unix:path=${path}` : null;
}

/**
 * Where an item is, asked of the Secret Service itself and without any prompt: keytar answers `null` for a locked
 * keyring just as for an empty one. Source: Secret Service API Draft 0.2, `SearchItems`.
 */
export async function findItem(
  busAddress: string,
  attributes: Record<string, string>,
  log: Logger,
): Promise<'unlocked' | 'locked' | 'absent' | 'unavailable'> {
  const answer = await ask(busAddress, log, async (call) => {
    const pairs = Object.entries(attributes);
    const found = searchAnswer.parse(
      await call(SERVICE_PATH, 'org.freedesktop.Secret.Service', 'SearchItems', 'a{ss}', [pairs]),
    );
    if (found[0].length > 0) return 'unlocked';
    if (found[1].length > 0) return 'locked';
    return (await defaultKeyring(call)) === null ? 'unknown-caller' : 'absent';
  });
  return answer ?? 'unavailable';
}

/** Whether a new item could be written now. */
export async function secretServiceState(busAddress: string, log: Logger): Promise<SecretServiceState> {
  const answer = await ask(busAddress, log, async (call) => {
    const path = await defaultKeyring(call);
    if (path === null) return 'unknown-caller';
    const isLocked = await call(path, 'org.freedesktop.DBus.Properties', 'Get', 'ss', [
      'org.freedesktop.Secret.Collection',
      'Locked',
    ]);
    return z.boolean().parse(isLocked) ? 'locked' : 'ready';
  });
  return answer ?? 'unavailable';
}

type Call = (
  path: string,
  iface: string,
  member: string,
  signature: string,
  body: unknown[],
) => Promise<unknown>;

/**
 * Null when the service names none. Where there is none, it would ask the user to make one, and here nobody may be
 * there to answer.
 */
async function defaultKeyring(call: Call): Promise<string | null> {
  const path = z
    .string()
    .parse(await call(SERVICE_PATH, 'org.freedesktop.Secret.Service', 'ReadAlias', 's', ['default']));
  return path === '/' ? null : path;
}

/** Runs calls on a connection of their own. Null when bus or service cannot be reached or answer something else. */
async function ask<T>(
  busAddress: string,
  log: Logger,
  run: (call: Call) => Promise<T | 'unknown-caller'>,
): Promise<T | null> {
  for (let tries = 1; ; tries++) {
    const answer = await askOnce(busAddress, log, run);
    if (answer !== 'unknown-caller') return answer;
    if (tries === MAX_TRIES) {
      log.warn('secret service names no default keyring, or does not know the calls');
      return null;
    }
    await setTimeout(FIRST_PAUSE_MS * 3 ** (tries - 1));
  }
}

/**
 * To a caller that it has not taken note of yet (it looks up who has come in the background) gnome-keyring answers "no
 * such method", or that there is no default keyring. On a new connection it looks again; on a busy computer that takes
 * its time.
 */
const MAX_TRIES = 5;
const FIRST_PAUSE_MS = 10;
const unknownMethod = z.object({ dbusName: z.literal('org.freedesktop.DBus.Error.UnknownMethod') });

async function askOnce<T>(
  busAddress: string,
  log: Logger,
  run: (call: Call) => Promise<T | 'unknown-caller'>,
): Promise<T | 'unknown-caller' | null> {
  let bus: MessageBus;
  try {
    bus = createClient({ busAddress, timeout: CALL_TIMEOUT_MS });
  } catch (error) {
    // An address of a kind that the library does not know.
    if (!(error instanceof Error)) throw error;
    log.warn({ err: error }, 'session bus address not understood');
    return null;
  }
  const failed = new Promise<null>((resolve) => {
    bus.connection.on('error', (error: unknown) => {
      log.warn({ err: error }, 'session bus failed');
      resolve(null);
    });
  });
  const call: Call = (path, iface, member, signature, body) =>
    Promise.resolve(bus.invoke({ destination: SERVICE, path, interface: iface, member, signature, body }));
  try {
    return await Promise.race([run(call), failed]);
  } catch (error) {
    if (unknownMethod.safeParse(error).success) return 'unknown-caller';
    if (!(error instanceof Error)) throw error;
    log.warn({ err: error }, 'secret service did not answer');
    return null;
  } finally {
    await bus.close();
  }
}

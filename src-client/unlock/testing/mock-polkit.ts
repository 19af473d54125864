import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from 'dbus-native';
import { end, startPrivateBus } from './private-bus.ts';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const NAME = 'org.freedesktop.PolicyKit1';

/** A D-Bus of its own with python-dbusmock's polkitd on it, whose answers a test decides. */
export interface MockPolkit {
  busAddress: string;
  /** Calls a method of the mock, e.g. `SetAllowed`. */
  mock(member: string, signature?: string, ...body: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

export async function hasDbusMock(): Promise<boolean> {
  if (!existsSync('/usr/bin/dbus-daemon') || !existsSync(PYTHON)) return false;
  return run(PYTHON, ['-c', 'import dbusmock']).then(
    () => true,
    () => false,
  );
}

/** `ownerUid`: who runs the mock (needs root); default: whoever runs the test. */
export async function startMockPolkit(folder: string, ownerUid?: number): Promise<MockPolkit> {
  const bus = await startPrivateBus(folder);
  const template = join(import.meta.dirname, 'polkitd_challenge.py');
  const daemon = spawn(PYTHON, ['-m', 'dbusmock', '--system', '--template', template], {
    env: { PATH: '/usr/bin:/bin', DBUS_SYSTEM_BUS_ADDRESS: bus.address, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: 'ignore',
    ...(ownerUid === undefined ? {} : { uid: ownerUid, gid: ownerUid }),
  });
  const stop = async () => {
    await end(daemon);
    await bus.stop();
  };
  try {
    await bus.waitFor(NAME);
  } catch (error) {
    await stop();
    throw error;
  }
  const client = createClient({ busAddress: bus.address });
  const target = { destination: NAME, path: '/org/freedesktop/PolicyKit1/Authority' };
  return {
    busAddress: bus.address,
    async mock(member, signature, ...body) {
      const message = { ...target, interface: 'org.freedesktop.DBus.Mock', member };
      return client.invoke(signature === undefined ? message : { ...message, signature, body });
    },
    async stop() {
      await client.close();
      await stop();
    },
  };
}

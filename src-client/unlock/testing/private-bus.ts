import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A bus of its own that stands in for the system's: everybody may connect and own any name. */
export interface PrivateBus {
  address: string;
  /** Resolves when somebody owns the name; rejects after 10 s. */
  waitFor(name: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startPrivateBus(folder: string): Promise<PrivateBus> {
  const config = join(folder, 'bus.conf');
  const types = ['method_call', 'method_return', 'error', 'signal'];
  const allowed = types.map((type) => `<allow send_type="${type}"/><allow receive_type="${type}"/>`).join('');
  writeFileSync(
    config,
    `<busconfig><type>system</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth><policy context="default">
      <allow user="*"/><allow own="*"/><allow send_destination="*"/>${allowed}</policy></busconfig>`,
  );
  const bus = spawn(
    'dbus-daemon',
    [`--config-file=${config}`, '--nofork', '--nopidfile', '--print-address'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const [chunk] = await once(bus.stdout, 'data');
  const address = String(chunk).trim();
  const socket = /path=([^,]+)/.exec(address)?.[1];
  if (socket) chmodSync(socket, 0o777);
  return {
    address,
    async waitFor(name) {
      const env = { DBUS_SYSTEM_BUS_ADDRESS: address, PATH: '/usr/bin:/bin' };
      await run('gdbus', ['wait', '--system', '--timeout', '10', name], { env });
    },
    stop: () => end(bus),
  };
}

/** Ends a child for good; resolves when it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

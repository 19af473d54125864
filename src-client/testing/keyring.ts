import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from 'dbus-native';
import * as z from 'zod';

const DEFAULT_KEYRING = '/org/freedesktop/secrets/aliases/default';

/** A D-Bus session and a gnome-keyring of its own, in `folder`, unlocked with `password`. */
export interface TestKeyring {
  /** What a process needs to find it, and nothing of the user who runs the tests. */
  env: Record<string, string>;
  /** Locks the default keyring and opens it again, as an unlock elsewhere on the desktop does. */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  stop(): Promise<void>;
}

/** A bus of a test. */
export interface TestBus extends Pick<TestKeyring, 'env' | 'stop'> {}

/** The first password used in a folder becomes the keyring's; another one later leaves it locked. */
export async function startKeyring(folder: string, password: string): Promise<TestKeyring> {
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const base = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_RUNTIME_DIR: home,
  };
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
    env: base,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const address = await firstLine(bus);
  const env = { ...base, DBUS_SESSION_BUS_ADDRESS: address };
  const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  daemon.stdin.end(password);
  await waitForName(env, 'org.freedesktop.secrets');
  return {
    env,
    lock: () =>
      withSecrets(address, (call) =>
        call('org.freedesktop.Secret.Service', 'Lock', 'ao', [[DEFAULT_KEYRING]]),
      ),
    unlock: () =>
      withSecrets(address, async (call) => {
        const session = z
          .tuple([z.unknown(), z.string()])
          .parse(await call('org.freedesktop.Secret.Service', 'OpenSession', 'sv', ['plain', ['s', '']]))[1];
        const secret = [session, Buffer.alloc(0), Buffer.from(password), 'text/plain'];
        const unlocker = 'org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface';
        await call(unlocker, 'UnlockWithMasterPassword', 'o(oayays)', [DEFAULT_KEYRING, secret]);
      }),
    async stop() {
      await Promise.all([end(daemon), end(bus)]);
    },
  };
}

/** A bus on which nobody keeps secrets. */
export async function startEmptyBus(folder: string): Promise<TestBus> {
  const config = join(folder, 'bus.conf');
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
      <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
  );
  const bus = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const address = await firstLine(bus);
  return { env: { DBUS_SESSION_BUS_ADDRESS: address }, stop: () => end(bus) };
}

type Call = (iface: string, member: string, signature: string, body: unknown[]) => Promise<unknown>;

/** On a connection of its own: a session of the Secret Service ends with its connection. */
async function withSecrets(busAddress: string, run: (call: Call) => Promise<unknown>): Promise<void> {
  const bus = createClient({ busAddress, timeout: 5_000 });
  const to = { destination: 'org.freedesktop.secrets', path: '/org/freedesktop/secrets' };
  try {
    await run(async (iface, member, signature, body) =>
      bus.invoke({ ...to, interface: iface, member, signature, body }),
    );
  } finally {
    await bus.close();
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'error').then(([error]) => Promise.reject(error)),
  ]);
  return String(line);
}

async function waitForName(env: Record<string, string>, name: string): Promise<void> {
  const wait = spawn('gdbus', ['wait', '--session', '--timeout', '10', name], { env, stdio: 'ignore' });
  const [code] = await once(wait, 'exit');
  if (code !== 0) throw new Error(`${name} did not come up`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

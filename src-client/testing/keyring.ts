import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A D-Bus session and a gnome-keyring of its own, in `folder`, unlocked with `password`. */
export interface TestKeyring {
  /** What a process needs to find it, and nothing of the user who runs the tests. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

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
    async stop() {
      await Promise.all([end(daemon), end(bus)]);
    },
  };
}

/** A bus on which nobody keeps secrets. */
export async function startEmptyBus(folder: string): Promise<TestKeyring> {
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

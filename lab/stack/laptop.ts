import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Addressing } from './addressing.ts';
import { checkout, type Programs, type StackFolders } from './folders.ts';
import { inNetns } from './namespaces.ts';
import { type ManagedProcess, type ProcessKeeper, waitFor } from './processes.ts';
import { compileCache, run, systemPath, tryRun } from './run.ts';
import { newPassword } from './secrets.ts';
import { enterFromOutside, isInsideUserNamespace, userNamespaceId } from './unprivileged.ts';

export interface Laptop {
  helperSocket: string;
  /** Environment of every program on the laptop. */
  env: Record<string, string>;
  /** Runs its arguments as the laptop. */
  shell: string;
  parts: ManagedProcess[];
}

export interface LaptopOptions {
  plan: Addressing;
  folders: StackFolders;
  serverUrl: string;
  caFile: string;
  /** The line for `postern-helper trust`. */
  serverKey: string;
  program: Programs['helper'];
  signal: AbortSignal;
}

/** The user's computer: privileged helper, a D-Bus session with an unlocked throwaway keyring, and a launcher. */
export async function startLaptop(keeper: ProcessKeeper, options: LaptopOptions): Promise<Laptop> {
  const { plan, folders, signal } = options;
  const home = path.join(folders.laptop, 'home');
  const runtime = path.join(folders.sockets, 'user');
  for (const folder of [home, runtime]) mkdirSync(folder, { mode: 0o700 });
  const env = {
    ...compileCache,
    PATH: `${path.join(checkout, 'bin')}:${systemPath}`,
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${path.join(runtime, 'bus')}`,
    POSTERN_PROFILE: path.join(folders.laptop, 'profile'),
    POSTERN_HELPER_SOCKET: path.join(folders.sockets, 'helper.sock'),
    POSTERN_SERVER: options.serverUrl,
    POSTERN_CA: options.caFile,
    POSTERN_TRUSTED_SERVERS: path.join(folders.laptop, 'helper', 'trusted-servers.json'),
  };
  const [helper, keyring] = await Promise.all([
    startHelper(keeper, options, env.POSTERN_HELPER_SOCKET),
    startKeyring(keeper, plan.laptopNetns, env, signal),
  ]);
  const shell = writeLauncher(folders, plan, env);
  return { helperSocket: env.POSTERN_HELPER_SOCKET, env, shell, parts: [...keyring, helper] };
}

async function startHelper(
  keeper: ProcessKeeper,
  { plan, folders, serverKey, program, signal }: LaptopOptions,
  socket: string,
): Promise<ManagedProcess> {
  const state = path.join(folders.laptop, 'helper');
  mkdirSync(state, { mode: 0o700 });
  const trusted = ['--trusted-servers', path.join(state, 'trusted-servers.json')];
  const [file = '', ...first] = program;
  await run(file, [...first, 'trust', serverKey, '--yes', ...trusted]);
  const places = ['--socket', socket, '--state-dir', state, '--interface', plan.laptopInterface];
  const helper = keeper.start({
    name: 'helper',
    netns: plan.laptopNetns,
    command: [...program, 'start', ...trusted, ...places, '--allow-uid', '0'],
  });
  const ready = { what: 'the helper listened', timeoutMs: 30_000, needs: [helper], signal };
  await waitFor(ready, () => existsSync(socket));
  return helper;
}

async function startKeyring(
  keeper: ProcessKeeper,
  netns: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<ManagedProcess[]> {
  const address = `--address=${env.DBUS_SESSION_BUS_ADDRESS}`;
  const bus = keeper.start({
    name: 'session-bus',
    netns,
    env,
    command: ['dbus-daemon', '--session', '--nofork', '--nopidfile', '--nosyslog', address],
  });
  const socket = path.join(env.XDG_RUNTIME_DIR ?? '', 'bus');
  await waitFor({ what: 'the session bus listened', timeoutMs: 15_000, needs: [bus], signal }, () =>
    existsSync(socket),
  );
  const keyring = keeper.start({
    name: 'keyring',
    netns,
    env,
    command: ['gnome-keyring-daemon', '--foreground', '--unlock', '--components=secrets'],
    input: newPassword(),
  });
  const ask = ['--session', '--print-reply=literal', '--dest=org.freedesktop.DBus', '/org/freedesktop/DBus'];
  const hasOwner = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
  const ready = { what: 'the keyring was on the bus', timeoutMs: 15_000, needs: [bus, keyring], signal };
  await waitFor(ready, async () => {
    const { stdout } = await tryRun('dbus-send', [...ask, ...hasOwner], { env });
    return stdout.includes('true');
  });
  return [bus, keyring];
}

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** Writes `laptop.env` and `laptop-shell`: the way for other terminals to be on the laptop. */
function writeLauncher(folders: StackFolders, plan: Addressing, env: Record<string, string>): string {
  const envFile = path.join(folders.base, 'laptop.env');
  const lines = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}\n`);
  writeFileSync(envFile, lines.join(''), { mode: 0o600 });
  const shell = path.join(folders.base, 'laptop-shell');
  const inside = inNetns(plan.laptopNetns, ['"$@"']).join(' ');
  const enter = enterFromOutside(process.pid).join(' ');
  const script = [
    '#!/bin/sh',
    '# Runs a command as the laptop of the local stack; without one, a shell.',
    '[ $# -gt 0 ] || set -- /bin/sh',
    `set -a; . ${quoted(envFile)}; set +a`,
    ...(isInsideUserNamespace()
      ? [`[ "$(readlink /proc/self/ns/user)" = ${quoted(userNamespaceId())} ] || exec ${enter} ${inside}`]
      : []),
    `exec ${inside}`,
  ];
  writeFileSync(shell, `${script.join('\n')}\n`);
  chmodSync(shell, 0o700);
  return shell;
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const START_LIMIT_MS = 15_000;

/** A real D-Bus with python-dbusmock's logind on it, session `c1`; user 1001 sits at its screen. */
export interface LogindBus {
  address: string;
  /** `ListInhibitors`, as gdbus prints it. */
  inhibitors(): Promise<string>;
  /** What logind says before sleep (true) and after it. */
  prepareForSleep(isGoing: boolean): Promise<void>;
  lockSession(): Promise<void>;
  stop(): void;
}

/** systemd-inhibit, dbus-daemon and python3-dbusmock. */
export async function hasLogindParts(): Promise<boolean> {
  if (!existsSync('/usr/bin/dbus-daemon') || !existsSync('/usr/bin/systemd-inhibit')) return false;
  return run(PYTHON, ['-c', 'import dbusmock']).then(
    () => true,
    () => false,
  );
}

export async function startLogindBus(): Promise<LogindBus> {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-logind-'));
  const socket = path.join(folder, 'bus');
  const address = `unix:path=${socket}`;
  const children: ChildProcess[] = [];
  const start = (program: string, args: string[], env = process.env) =>
    children.push(spawn(program, args, { env, stdio: 'ignore' }));
  const call = async (object: string, method: string, ...args: string[]): Promise<string> => {
    const target = ['--address', address, '--dest', 'org.freedesktop.login1', '-o', object, '-m', method];
    return (await run('/usr/bin/gdbus', ['call', ...target, ...args])).stdout;
  };
  const manager = '/org/freedesktop/login1';
  start('/usr/bin/dbus-daemon', ['--session', '--nofork', '--nopidfile', `--address=${address}`]);
  await eventually(async () => {
    if (!existsSync(socket)) throw new Error('dbus-daemon has no socket yet');
  });
  const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: address };
  start(PYTHON, ['-m', 'dbusmock', '--system', '--template', 'logind'], env);
  await eventually(() =>
    call(manager, 'org.freedesktop.DBus.Mock.AddSession', ...['c1', 'seat0', 'uint32 1000', 'eva', 'true']),
  );
  const display = `{'Display': <('c1', objectpath '${manager}/session/c1')>}`;
  await call(
    manager,
    'org.freedesktop.DBus.Mock.AddObject',
    ...[`${manager}/user/1001`, 'org.freedesktop.login1.User', display, '@a(ssss) []'],
  );
  // The one of dbusmock fails for every user.
  await call(
    manager,
    'org.freedesktop.DBus.Mock.AddMethod',
    ...['org.freedesktop.login1.Manager', 'GetUser', 'u', 'o', `ret = '${manager}/user/%d' % args[0]`],
  );
  return {
    address,
    inhibitors: () => call(manager, 'org.freedesktop.login1.Manager.ListInhibitors'),
    async prepareForSleep(isGoing) {
      const signal = ['org.freedesktop.login1.Manager', 'PrepareForSleep', 'b', `[<${isGoing}>]`];
      await call(manager, 'org.freedesktop.DBus.Mock.EmitSignal', ...signal);
    },
    async lockSession() {
      await call(`${manager}/session/c1`, 'org.freedesktop.login1.Session.Lock');
    },
    stop() {
      for (const child of children.reverse()) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function eventually(attempt: () => Promise<unknown>): Promise<void> {
  for (const until = Date.now() + START_LIMIT_MS; ; await sleep(100)) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

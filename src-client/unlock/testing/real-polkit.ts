import { execFile, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { end, startPrivateBus } from './private-bus.ts';

const run = promisify(execFile);
const POLKITD = ['/usr/lib/polkit-1/polkitd', '/usr/libexec/polkitd'].find((path) => existsSync(path));
const ACTIONS = '/usr/share/polkit-1/actions';
const RULES = '/etc/polkit-1/rules.d';
const NOBODY = '65534';
/** Both folders are covered in a mount namespace that ends with the daemon: no file of the system is touched. */
const START = `mount --bind "$1" ${ACTIONS} && mount --bind "$2" ${RULES} && exec "$3" --no-debug`;

export const hasRealPolkit = (): boolean =>
  POLKITD !== undefined && existsSync('/usr/bin/dbus-daemon') && process.getuid?.() === 0;

export interface RealPolkit {
  /** Runs the probe as an ordinary user that belongs to no session. */
  probe(): Promise<{ obstacle: string | null; outcome: string }>;
  stop(): Promise<void>;
}

/** The real polkitd on a private bus, with one more action file and rule. Needs root. */
export async function startRealPolkit(
  folder: string,
  { policy, rule }: { policy: string | null; rule: string | null },
): Promise<RealPolkit> {
  const place = mkdtempSync(join(folder, 'polkit-'));
  const [actions, rules] = [join(place, 'actions'), join(place, 'rules')];
  cpSync(ACTIONS, actions, { recursive: true });
  mkdirSync(rules);
  rmSync(join(actions, 'io.postern.desktop.policy'), { force: true });
  if (policy !== null) writeFileSync(join(actions, 'io.postern.desktop.policy'), policy);
  if (rule !== null) writeFileSync(join(rules, '00-test.rules'), rule);
  for (const path of [place, actions, rules]) chmodSync(path, 0o755);
  const bus = await startPrivateBus(place);
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DBUS_SYSTEM_BUS_ADDRESS: bus.address };
  const daemon = spawn('unshare', ['-m', 'sh', '-c', START, 'sh', actions, rules, POLKITD ?? ''], {
    env,
    stdio: 'ignore',
  });
  const stop = async () => {
    await end(daemon);
    await bus.stop();
  };
  try {
    await bus.waitFor('org.freedesktop.PolicyKit1');
  } catch (error) {
    await stop();
    throw error;
  }
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const probe = join(import.meta.dirname, 'polkit-probe.ts');
  return {
    async probe() {
      const { stdout } = await run('setpriv', [...user, process.execPath, probe], { env });
      return z.object({ obstacle: z.string().nullable(), outcome: z.string() }).parse(JSON.parse(stdout));
    },
    stop,
  };
}

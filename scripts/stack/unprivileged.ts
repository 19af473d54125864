import { accessSync, constants, existsSync, readFileSync, readlinkSync } from 'node:fs';
import { tryRun } from './run.ts';
import { StackError } from './stack-error.ts';

/** Set inside the namespaces of our own, so that the second start knows where it is. */
const INSIDE = 'POSTERN_STACK_INSIDE';

export const isInsideUserNamespace = (): boolean => process.env[INSIDE] !== undefined;

/**
 * An ordinary user cannot make network namespaces, but can be root in a user namespace of its own: replaces this
 * process by itself inside `unshare -Urnm`, with a /run of its own. Returns when nothing is to be done (root, or
 * already inside). Throws `StackError` when the machine does not allow it.
 */
export async function enterUserNamespace(): Promise<void> {
  if (isInsideUserNamespace() || process.getuid?.() === 0) return;
  const probe = await tryRun('unshare', ['-Urnm', 'true']);
  if (probe.code !== 0) throw new StackError(whyNoUserNamespace(probe.stderr.trim()));
  checkTun();
  const script = [
    'mount -t tmpfs -o mode=0755 tmpfs /run',
    'mkdir -p /run/netns /run/wireguard /run/lock',
    'ip link set lo up',
    'exec "$@"',
  ].join(' && ');
  const command = ['unshare', '-Urnm', 'sh', '-c', script, 'sh', process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, [INSIDE]: '1' };
  if (process.execve === undefined) throw new StackError('this Node cannot replace itself (process.execve)');
  process.execve('/usr/bin/env', ['env', ...command], env);
}

function whyNoUserNamespace(said: string): string {
  const lines = [
    `an ordinary user needs user namespaces for the local stack, and this machine refuses them (${said}).`,
    'Either run the command as root (sudo), or let an administrator allow them:',
  ];
  const restricted = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns';
  if (existsSync(restricted) && readFileSync(restricted, 'utf8').trim() === '1')
    lines.push('  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0');
  const clone = '/proc/sys/kernel/unprivileged_userns_clone';
  if (existsSync(clone) && readFileSync(clone, 'utf8').trim() === '0')
    lines.push('  sudo sysctl kernel.unprivileged_userns_clone=1');
  if (readFileSync('/proc/sys/user/max_user_namespaces', 'utf8').trim() === '0')
    lines.push('  sudo sysctl user.max_user_namespaces=10000');
  return lines.join('\n');
}

/** wireguard-go makes its interface through /dev/net/tun; most systems let everyone open it, some only root. */
function checkTun(): void {
  if (existsSync('/sys/module/wireguard')) return;
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StackError(
      `/dev/net/tun cannot be opened (${why}), so wireguard-go cannot make its interface.\n` +
        'Either run the command as root (sudo), or let an administrator allow it: sudo chmod 0666 /dev/net/tun',
    );
  }
}

/** Arguments before a command that bring another terminal of the same user to where this stack is; empty for root's. */
export function enterFromOutside(pid: number): string[] {
  if (!isInsideUserNamespace()) return [];
  return ['nsenter', '-t', String(pid), '-U', '-n', '-m', '--preserve-credentials', '--'];
}

/** Identifies the user namespace of this process, e.g. `user:[4026531837]`. */
export const userNamespaceId = (): string => readlinkSync('/proc/self/ns/user');

import { accessSync, constants, existsSync, readFileSync, readlinkSync } from 'node:fs';
import { findProgram } from '../../src-node/run-program.ts';
import { systemPath, tryRun } from './run.ts';
import { StackError } from './stack-error.ts';

/** Set inside the namespaces of our own, so that the second start knows where it is. */
const INSIDE = 'POSTERN_STACK_INSIDE';

export const isInsideUserNamespace = (): boolean => process.env[INSIDE] !== undefined;

/** Why this user can have no user namespace with WireGuard in it, in words that say what to do; null when it can. */
export async function userNamespaceTrouble(): Promise<string | null> {
  const probe = await tryRun('unshare', ['-Urnm', 'true']);
  return probe.code === 0 ? tunTrouble() : whyNoUserNamespace(probe.stderr.trim());
}

/** `command` as root of a user namespace with network, mounts and a /run of its own. */
export function inUserNamespace(command: readonly string[]): string[] {
  const script = [
    'mount -t tmpfs -o mode=0755 tmpfs /run',
    'mkdir -p /run/netns /run/wireguard /run/lock',
    'ip link set lo up',
    'exec "$@"',
  ].join(' && ');
  const inside = ['env', `${INSIDE}=1`, `PATH=${systemPath}:${process.env.PATH ?? ''}`];
  return [...inside, 'unshare', '-Urnm', 'sh', '-c', script, 'sh', ...command];
}

export const needsUserNamespace = (): boolean => !isInsideUserNamespace() && process.getuid?.() !== 0;

/**
 * An ordinary user cannot make network namespaces, but can be root in a user namespace: replaces this process by
 * itself inside one. Returns when nothing is to be done (root, or already inside). Throws `StackError` when the
 * machine does not allow it.
 */
export async function enterUserNamespace(): Promise<void> {
  if (!needsUserNamespace()) return;
  const trouble = await userNamespaceTrouble();
  if (trouble !== null) throw new StackError(trouble);
  if (process.execve === undefined) throw new StackError('this Node cannot replace itself (process.execve)');
  const env = findProgram('env') ?? '/usr/bin/env';
  process.execve(env, inUserNamespace([process.execPath, ...process.argv.slice(1)]), { ...process.env });
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
function tunTrouble(): string | null {
  if (existsSync('/sys/module/wireguard')) return null;
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [
      `/dev/net/tun cannot be opened (${why}), so wireguard-go cannot make its interface.`,
      'Either run the command as root (sudo), or let an administrator allow it: sudo chmod 0666 /dev/net/tun',
    ].join('\n');
  }
}

/** Arguments before a command that bring another terminal of the same user to where this stack is; empty for root's. */
export function enterFromOutside(pid: number): string[] {
  if (!isInsideUserNamespace()) return [];
  return ['nsenter', '-t', String(pid), '-U', '-n', '-m', '--preserve-credentials', '--'];
}

/** Identifies the user namespace of this process, e.g. `user:[4026531837]`. */
export const userNamespaceId = (): string => readlinkSync('/proc/self/ns/user');

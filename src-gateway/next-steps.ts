import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What `install` leaves to the administrator, as commands: only of what is there. */
export interface Host {
  /** Of the checkout that this program runs from. */
  root: string;
  exists: (path: string) => boolean;
}

const UNIT = 'postern-gateway.service';
const UNIT_FOLDERS = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
/** What the unit has in its `ExecStart`. */
const UNIT_CONFIG = '/etc/postern/gateway.toml';
const UNIT_PROGRAM = '/usr/bin/postern-gateway';
const ROOT = resolve(import.meta.dirname, '..');

/** `isNat`: the host has to forward packets, which the unit may not turn on. */
export function nextSteps(
  configFile: string,
  isNat: boolean,
  { root, exists }: Host = { root: ROOT, exists: existsSync },
): string[] {
  const check = `postern-gateway check --config ${configFile}`;
  const forward = isNat
    ? [
        'echo net.ipv4.ip_forward=1 > /etc/sysctl.d/50-postern.conf && sysctl -p /etc/sysctl.d/50-postern.conf',
      ]
    : [];
  const shipped = join(root, 'assets/systemd', UNIT);
  const isUnitThere = UNIT_FOLDERS.some((folder) => exists(join(folder, UNIT)));
  if (configFile !== UNIT_CONFIG || !exists('/run/systemd/system') || !(isUnitThere || exists(shipped)))
    return [...forward, `postern-gateway start --config ${configFile}`, check];
  const program = join(root, 'bin/postern-gateway');
  return [
    ...forward,
    ...(exists(UNIT_PROGRAM) ? [] : [`ln -s ${program} ${UNIT_PROGRAM}`]),
    ...(isUnitThere ? [] : [`cp ${shipped} /etc/systemd/system/ && systemctl daemon-reload`]),
    'systemctl enable --now postern-gateway',
    check,
  ];
}

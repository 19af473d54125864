import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';

/** Where desktops look for what starts at login (XDG Autostart Specification). */
export function autostartPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'autostart', 'postern.desktop');
}

/** An argument of `Exec`, quoted (Desktop Entry Specification 1.5, "The Exec key"). */
function quoted(argument: string): string {
  const escaped = argument.replaceAll(/(["`$\\])/g, '\\$1').replaceAll('%', '%%');
  // The whole value is a desktop string, in which a backslash is written twice.
  return `"${escaped}"`.replaceAll('\\', '\\\\');
}

/** `command`: absolute program and its arguments. */
export function autostartEntry(command: readonly string[]): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Postern',
    `Exec=${command.map(quoted).join(' ')}`,
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/** Writes or removes the entry. Rejects with the system's error. */
export async function setAutostart(path: string, command: readonly string[] | null): Promise<void> {
  if (command === null) await rm(path, { force: true });
  else await writeFileAtomic(path, autostartEntry(command));
}

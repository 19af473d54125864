import { fingerprint } from '../../src-node/fingerprint.ts';
import { formatServerKey, parseServerKey } from '../../src-shared/server-key.ts';

export interface TrustPlatform {
  platform: string;
  /** Effective user id; null where there is none. */
  uid: number | null;
  /** Absolute path of the helper program. */
  helper: string;
  /** Absolute path of pkexec; null when it is not installed. */
  pkexec: string | null;
  /** Another list than the system's, for a local stack. */
  trustedServersFile: string | null;
}

export interface TrustRequest {
  path: string;
  args: string[];
  /** For its standard input. */
  stdin?: string;
}

/** Letters that mean nothing to any shell: the issuer becomes an argument of a program that runs as root. */
const PLAIN_ISSUER = /^https:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~/-]*)?$/;

/**
 * The program that asks for administrator rights, once, and has the helper trust `keyLine`: its absolute path and its
 * arguments, each by itself. `unavailable` when this computer has no way to ask, `invalid` for no plain key line. The
 * parts for macOS and Windows have not been run on such a machine yet.
 */
export function trustRequest(
  keyLine: string,
  where: TrustPlatform,
): TrustRequest | 'unavailable' | 'invalid' {
  const key = parseServerKey(keyLine);
  if (!key || !PLAIN_ISSUER.test(key.issuer) || key.issuer.length > 300) return 'invalid';
  const list = where.trustedServersFile === null ? [] : ['--trusted-servers', where.trustedServersFile];
  const trust = ['trust', formatServerKey(key), '--yes', ...list];
  if (where.uid === 0) return { path: where.helper, args: trust };
  switch (where.platform) {
    case 'linux':
      // Its dialog shows the command line; another list than the system's is nothing for it.
      return where.pkexec === null || where.trustedServersFile !== null
        ? 'unavailable'
        : {
            path: where.pkexec,
            args: [
              ...['--disable-internal-agent', where.helper],
              ...['trust-shown', key.issuer, fingerprint(key.publicKey)],
            ],
            stdin: formatServerKey(key),
          };
    case 'darwin': {
      const call = [where.helper, ...trust]
        .map((part) => `quoted form of "${appleText(part)}"`)
        .join(' & " " & ');
      return {
        path: '/usr/bin/osascript',
        args: ['-e', `do shell script ${call} with administrator privileges`],
      };
    }
    case 'win32':
      return {
        path: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
        args: [
          '-NoProfile',
          '-NonInteractive',
          '-Command',
          `exit (Start-Process -FilePath ${powerShellText(where.helper)} -ArgumentList ${trust.map(powerShellArgument).join(',')} -Verb RunAs -Wait -PassThru -WindowStyle Hidden).ExitCode`,
        ],
      };
    default:
      return 'unavailable';
  }
}

function appleText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function powerShellText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `Start-Process` joins its arguments with spaces: one that holds a space has to carry its own quotes. */
function powerShellArgument(text: string): string {
  return powerShellText(text.includes(' ') ? `"${text}"` : text);
}

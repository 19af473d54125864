import { join } from 'node:path';
import { findProgram, runProgram } from '../../src-node/run-program.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import { trustRequest } from './trust-request.ts';

/** A person types a password meanwhile. */
const TIMEOUT_MS = 5 * 60_000;
/** pkexec(1): 126 dismissed or not allowed, 127 not authorised or no agent. osascript: 1 with error -128. */
const REFUSED = [126, 127];

export interface TrustOptions {
  platform: string;
  uid: number | null;
  isPackaged: boolean;
  /** Folder of the app: a checkout, when it is not packaged. */
  appPath: string;
  resources: string;
  trustedServersFile: string | null;
}

/** Absolute path of the helper program, as the packages install it. */
export function helperProgram({ platform, isPackaged, appPath, resources }: TrustOptions): string {
  if (!isPackaged) return join(appPath, 'bin', 'postern-helper');
  if (platform === 'linux') return '/usr/bin/postern-helper';
  return join(resources, 'helper', platform === 'win32' ? 'postern-helper.exe' : 'postern-helper');
}

/** Asks the system for administrator rights once and has the helper trust a server. Errors: `cancelled`, `not-supported`. */
export async function runTrust(keyLine: string, options: TrustOptions): Promise<Result<void>> {
  const { platform, uid, trustedServersFile } = options;
  const helper = helperProgram(options);
  const pkexec = platform === 'linux' ? findProgram('pkexec') : null;
  const request = trustRequest(keyLine, { platform, uid, helper, pkexec, trustedServersFile });
  if (request === 'invalid') return fail('protocol-error', 'The server’s key cannot be read.');
  if (request === 'unavailable')
    return fail('not-supported', 'This system has no way to ask for administrator rights from here.');
  const env = platform === 'win32' ? { SystemRoot: 'C:\\Windows' } : {};
  const run = await runProgram({ ...request, env, timeoutMs: TIMEOUT_MS });
  if (run.ok) return ok(undefined);
  if (REFUSED.includes(run.exitCode ?? 0) || run.stderr.includes('-128'))
    return fail('cancelled', 'Administrator rights were not given. The server is not trusted yet.');
  return fail('untrusted-server', run.stderr.trim().split('\n').at(-1) || run.message);
}

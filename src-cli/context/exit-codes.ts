import type { ProblemCode } from '../../src-shared/problem.ts';

/** Every exit code of `postern`, with the words of `--help` and `docs/cli.md`. */
export const exitCodes = {
  done: {
    code: 0,
    meaning: 'Done as asked. For connect: the connection was up and ended because you asked.',
  },
  failed: { code: 1, meaning: 'Something unexpected went wrong.' },
  usage: { code: 2, meaning: 'The command line was not understood.' },
  signedOut: { code: 3, meaning: 'Not signed in, or the sign-in was refused.' },
  proof: { code: 4, meaning: 'A code or PIN was not accepted, or none could be read.' },
  server: { code: 5, meaning: 'The server cannot be reached, is not trusted, or could not answer.' },
  helper: { code: 6, meaning: 'The helper is not running, is not trusted, or does not trust the server.' },
  keychain: { code: 7, meaning: 'The keyring is locked or missing.' },
  cancelled: { code: 8, meaning: 'You cancelled.' },
  busy: { code: 9, meaning: 'A connection is running already, or the step is not possible now.' },
  notConnected: { code: 10, meaning: 'No connection is running to act on.' },
  gateway: { code: 11, meaning: 'The gateway is unknown, unavailable or full.' },
  tunnel: { code: 12, meaning: 'The tunnel could not be set up, or its permission was refused.' },
  endedByServer: { code: 13, meaning: 'The server ended the connection and offers no way to answer here.' },
  unlock: {
    code: 14,
    meaning:
      'This device cannot be unlocked as asked: no PIN or biometrics set up, or the system cannot ask.',
  },
  guard: { code: 15, meaning: 'What is held back could not be changed as asked, or could not be held back.' },
  interrupted: { code: 130, meaning: 'A second Ctrl-C ended the program at once.' },
} as const;

export type ExitName = keyof typeof exitCodes;

const byProblem: Record<ProblemCode, ExitName> = {
  'invalid-request': 'usage',
  'payload-too-large': 'failed',
  'not-found': 'failed',
  'method-not-allowed': 'failed',
  'internal-error': 'server',
  'storage-unavailable': 'server',
  'server-busy': 'server',
  'invalid-credentials': 'signedOut',
  'session-invalid': 'signedOut',
  'csrf-token-invalid': 'failed',
  'insufficient-role': 'failed',
  'policy-changed': 'failed',
  'last-owner': 'failed',
  'email-taken': 'failed',
  'password-required': 'proof',
  'wrong-password': 'proof',
  'password-too-weak': 'usage',
  'password-change-required': 'signedOut',
  'temporary-password-expired': 'signedOut',
  'code-sign-in-required': 'proof',
  'mfa-kept': 'failed',
  'reset-link-invalid': 'failed',
  'mail-unavailable': 'server',
  'mfa-required': 'signedOut',
  'mfa-setup-required': 'signedOut',
  'mfa-token-invalid': 'signedOut',
  'invalid-code': 'proof',
  'code-already-used': 'proof',
  'factor-disabled': 'proof',
  'factor-exists': 'proof',
  'member-blocked': 'signedOut',
  'too-many-attempts': 'proof',
  'step-up-required': 'proof',
  'challenge-invalid': 'proof',
  'unlock-not-enrolled': 'unlock',
  'wrong-pin': 'proof',
  'pin-removed': 'unlock',
  'unlock-refused': 'proof',
  'unlock-key-missing': 'unlock',
  'unlock-unavailable': 'unlock',
  'prompt-timeout': 'proof',
  'pin-too-weak': 'proof',
  'device-not-found': 'failed',
  'gateway-unavailable': 'gateway',
  'gateway-not-found': 'gateway',
  'device-limit': 'gateway',
  'member-not-found': 'failed',
  'token-invalid': 'failed',
  'insufficient-scope': 'failed',
  'server-unreachable': 'server',
  'server-untrusted-certificate': 'server',
  'protocol-error': 'server',
  'untrusted-server': 'helper',
  'lease-invalid': 'tunnel',
  'lease-expired': 'tunnel',
  'controller-busy': 'busy',
  'caller-not-allowed': 'helper',
  'not-supported': 'failed',
  'helper-unavailable': 'helper',
  'helper-untrusted': 'helper',
  'guard-invalid': 'guard',
  'lease-key-invalid': 'tunnel',
  'guard-failed': 'guard',
  'guard-unsupported': 'guard',
  'portal-refused': 'guard',
  'release-refused': 'guard',
  'vpn-blocked': 'tunnel',
  'network-overlap': 'tunnel',
  'tunnel-failed': 'tunnel',
  'clock-off': 'failed',
  'keychain-locked': 'keychain',
  'keychain-unavailable': 'keychain',
  'signed-out': 'signedOut',
  'wrong-state': 'busy',
  cancelled: 'cancelled',
};

/** The exit of a command that ended with this problem. */
export function exitForProblem(code: ProblemCode): ExitName {
  return byProblem[code];
}

/** The table as `--help` prints it. */
export function exitCodeHelp(): string {
  const rows = Object.values(exitCodes).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return ['', 'Exit codes:', ...rows].join('\n');
}

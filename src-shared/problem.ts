import * as z from 'zod';

/** What the caller should do next: try the same again, stop, or ask the user for something. */
export type ProblemAction = 'retry' | 'stop' | 'ask';

interface ProblemKind {
  status: number;
  action: ProblemAction;
  /** Short and constant (RFC 9457 `title`). */
  title: string;
  /** The sentence that the user sees when the problem carries no more exact `detail`. */
  sentence: string;
}

const kind = (status: number, action: ProblemAction, title: string, sentence: string): ProblemKind => ({
  status,
  action,
  title,
  sentence,
});

/** Every problem code of every boundary, with its HTTP status, what to do, and the words for the user. */
export const problemKinds = {
  'invalid-request': kind(
    400,
    'stop',
    'Invalid request',
    'The request was not understood. Update Postern and try again.',
  ),
  'payload-too-large': kind(
    413,
    'stop',
    'Payload too large',
    'The request was larger than the server accepts.',
  ),
  'not-found': kind(404, 'stop', 'Not found', 'That does not exist on this server.'),
  'method-not-allowed': kind(405, 'stop', 'Method not allowed', 'The server does not offer this here.'),
  'internal-error': kind(
    500,
    'retry',
    'Internal error',
    'Something went wrong on the server. Try again in a moment.',
  ),
  'storage-unavailable': kind(
    503,
    'retry',
    'Storage unavailable',
    'The server cannot record anything right now, so it lets nobody in. Tell your administrator.',
  ),
  'server-busy': kind(
    503,
    'retry',
    'Server busy',
    'The server has too much to do right now. Try again in a moment.',
  ),
  'invalid-credentials': kind(401, 'ask', 'Invalid credentials', 'E-mail or password is wrong.'),
  'session-invalid': kind(401, 'stop', 'Session ended', 'You are signed out. Sign in again.'),
  'csrf-token-invalid': kind(
    403,
    'retry',
    'Page out of date',
    'This page is out of date. Reload it and try again.',
  ),
  'insufficient-role': kind(403, 'stop', 'Not for this role', 'Only an administrator can do that.'),
  'policy-changed': kind(
    409,
    'ask',
    'Policy changed meanwhile',
    'Somebody else has changed these settings meanwhile. Nothing of yours was saved: compare, then save again.',
  ),
  'last-owner': kind(
    409,
    'stop',
    'Last owner',
    'A team needs an owner who can sign in, and this is the last one.',
  ),
  'email-taken': kind(409, 'ask', 'E-mail address taken', 'Another member has this e-mail address.'),
  'password-required': kind(403, 'ask', 'Password required', 'Enter your password to do that.'),
  'wrong-password': kind(403, 'ask', 'Wrong password', 'That password is wrong.'),
  'password-too-weak': kind(400, 'ask', 'Password too weak', 'Choose a password that is harder to guess.'),
  'password-change-required': kind(
    403,
    'ask',
    'New password required',
    'Your password is a temporary one. Choose one of your own before you go on.',
  ),
  'temporary-password-expired': kind(
    403,
    'stop',
    'Temporary password expired',
    'Your temporary password has expired: it works for 7 days. Ask your administrator for a new one.',
  ),
  'code-sign-in-required': kind(
    403,
    'stop',
    'Sign-in with a code required',
    'Sign in with a code from your authenticator app, or set up a new one, to make new backup codes.',
  ),
  'mfa-kept': kind(
    403,
    'stop',
    'Second factor required',
    'Your team requires a second factor: it cannot be off.',
  ),
  'reset-link-invalid': kind(
    410,
    'stop',
    'Link no longer valid',
    'This link does not work any more. Ask your administrator for a new one.',
  ),
  'mail-unavailable': kind(
    503,
    'stop',
    'No mail server',
    'This server has no mail server configured, so it cannot send the link.',
  ),
  'mfa-required': kind(401, 'ask', 'Second factor required', 'Enter the code from your authenticator app.'),
  'mfa-setup-required': kind(
    403,
    'ask',
    'Second factor set-up required',
    'Your team requires a second factor. Set up an authenticator app first.',
  ),
  'mfa-token-invalid': kind(
    401,
    'stop',
    'Sign-in expired',
    'This sign-in took too long. Start again with your password.',
  ),
  'invalid-code': kind(
    401,
    'ask',
    'Code not accepted',
    'That code did not match. Check that it is for this account and use the newest one.',
  ),
  'code-already-used': kind(
    401,
    'ask',
    'Code already used',
    'That code was already used. Wait for the next one.',
  ),
  'factor-disabled': kind(
    403,
    'stop',
    'Second factor disabled',
    'Your authenticator is disabled after too many wrong codes. Ask your administrator.',
  ),
  'factor-exists': kind(
    409,
    'stop',
    'Second factor exists',
    'A second factor is set up already. Replace it in your account settings.',
  ),
  'member-blocked': kind(403, 'stop', 'Member blocked', 'Your administrator has blocked this account.'),
  'too-many-attempts': kind(429, 'ask', 'Too many attempts', 'Too many attempts. Wait before trying again.'),
  'step-up-required': kind(401, 'ask', 'Fresh proof required', 'Enter a code to connect.'),
  'challenge-invalid': kind(
    401,
    'ask',
    'Challenge no longer valid',
    'That question has expired. Here is a new one.',
  ),
  'unlock-not-enrolled': kind(
    403,
    'ask',
    'No PIN or biometrics on this device',
    'Your team requires a PIN or biometrics before connecting. Set it up on this device first.',
  ),
  'wrong-pin': kind(401, 'ask', 'Wrong PIN', 'Wrong PIN.'),
  'pin-removed': kind(
    403,
    'ask',
    'PIN removed',
    'Too many wrong PINs: the PIN on this device is gone. Use a code from your authenticator app to set a new one.',
  ),
  'unlock-refused': kind(
    401,
    'ask',
    'Unlock not accepted',
    'The server did not accept the proof of this device. Use another way, or set it up again with a code.',
  ),
  'unlock-key-missing': kind(
    409,
    'ask',
    'Unlock key missing',
    'The key of this device is no longer in the keyring. Set it up again with a code.',
  ),
  'unlock-unavailable': kind(
    503,
    'ask',
    'Not available',
    'This computer cannot ask you that way right now. Use another way.',
  ),
  'prompt-timeout': kind(408, 'ask', 'No answer', 'Nobody answered the question of the system.'),
  'pin-too-weak': kind(400, 'ask', 'PIN too easy', 'That PIN is too easy to guess. Choose another one.'),
  'device-not-found': kind(404, 'stop', 'Device not found', 'There is no such device.'),
  'gateway-unavailable': kind(503, 'retry', 'Gateway unavailable', 'The gateway does not answer right now.'),
  'gateway-not-found': kind(404, 'stop', 'Gateway not found', 'There is no such gateway.'),
  'device-limit': kind(
    403,
    'stop',
    'No address left',
    'The gateway has no free address. Tell your administrator.',
  ),
  'member-not-found': kind(404, 'stop', 'Member not found', 'There is no such member.'),
  'token-invalid': kind(
    401,
    'stop',
    'API token not accepted',
    'The API token is unknown, revoked, expired or used from an address it is not allowed from.',
  ),
  'insufficient-scope': kind(
    403,
    'stop',
    'Insufficient scope',
    'The API token does not have the scope for this call.',
  ),
  'server-unreachable': kind(503, 'retry', 'Server unreachable', 'The server cannot be reached.'),
  'server-untrusted-certificate': kind(
    495,
    'stop',
    'Certificate not trusted',
    'The server showed a certificate that this computer does not trust.',
  ),
  'protocol-error': kind(
    502,
    'stop',
    'Protocol error',
    'The other side answered something that this version does not understand. Update Postern.',
  ),
  'untrusted-server': kind(
    403,
    'ask',
    'Server not trusted by the helper',
    'This computer does not trust that server yet. An administrator has to add it once.',
  ),
  'lease-invalid': kind(
    403,
    'stop',
    'Lease refused',
    'The helper refused the permission that came from the server.',
  ),
  'lease-expired': kind(403, 'retry', 'Lease expired', 'The permission to connect has run out.'),
  'controller-busy': kind(
    409,
    'stop',
    'Helper in use',
    'Another program on this computer controls the tunnel.',
  ),
  'caller-not-allowed': kind(
    403,
    'stop',
    'Caller not allowed',
    'This user may not control the tunnel. Ask an administrator to add you to the group "postern".',
  ),
  'not-supported': kind(501, 'stop', 'Not supported yet', 'This version cannot do that yet.'),
  'helper-unavailable': kind(
    503,
    'retry',
    'Helper not running',
    'The Postern helper is not running on this computer.',
  ),
  'helper-untrusted': kind(
    403,
    'stop',
    'Helper not trusted',
    'The helper socket does not belong to the system. Nothing was sent to it.',
  ),
  'tunnel-failed': kind(500, 'retry', 'Tunnel failed', 'The tunnel could not be set up.'),
  'vpn-blocked': kind(
    504,
    'retry',
    'VPN traffic blocked',
    'Nothing comes back from the gateway, though the server hears it. This network may block VPN traffic. Use another one, for example your phone’s.',
  ),
  /** Of older helpers: today's bring the tunnel up and ask whose the network is. */
  'network-overlap': kind(
    409,
    'stop',
    'Network in use',
    'The network that this computer is on has the addresses of your team’s network. Use another one, for example your phone’s.',
  ),
  'guard-invalid': kind(
    403,
    'stop',
    'Order refused',
    'The helper refused the order to hold traffic back: it is not the newest word of your server.',
  ),
  'lease-key-invalid': kind(
    403,
    'stop',
    'Key refused',
    'The helper refused what your server said of its next key: it is not its newest word.',
  ),
  'guard-failed': kind(
    500,
    'retry',
    'Traffic is not held back',
    'This computer could not hold traffic back: it may be leaking.',
  ),
  'guard-unsupported': kind(
    403,
    'stop',
    'Cannot hold traffic back',
    'Your team has traffic held back while nobody has confirmed, and this computer’s Postern cannot do that. Update Postern, or ask your administrator to exempt this device.',
  ),
  'portal-refused': kind(409, 'stop', 'Not possible now', 'The network’s sign-in page cannot be opened now.'),
  'release-refused': kind(
    403,
    'stop',
    'Only for the administrator of this computer',
    'Your team does not let you end this. An administrator of this computer can, with sudo postern-helper release.',
  ),
  'clock-off': kind(
    409,
    'ask',
    'Clock is off',
    'The clock of this computer is off. Set it right and try again.',
  ),
  'keychain-locked': kind(423, 'ask', 'Keyring locked', 'Your keyring is locked. Unlock it and try again.'),
  'keychain-unavailable': kind(
    503,
    'stop',
    'No keyring',
    'This system has no keyring that Postern can use, and it keeps no secrets in plain files.',
  ),
  'signed-out': kind(401, 'ask', 'Signed out', 'You are not signed in.'),
  'wrong-state': kind(409, 'stop', 'Not possible now', 'That is not possible right now.'),
  cancelled: kind(499, 'stop', 'Cancelled', 'Cancelled.'),
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;
export const problemCodes = Object.keys(problemKinds) as [ProblemCode, ...ProblemCode[]];

/** `application/problem+json` (RFC 9457). Extra members stay: each code adds its own. */
export const problemSchema = z.looseObject({
  type: z.string(),
  code: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
});

/** The same between our own processes, where the code is one of the table. */
export const knownProblem = problemSchema.extend({
  type: z.templateLiteral(['urn:postern:problem:', z.enum(problemCodes)]),
  code: z.enum(problemCodes),
});

/** A refusal as a value: what crosses every boundary, and what `Result` carries. Never a secret, never a stack. */
export type Problem = z.infer<typeof knownProblem>;

/** Builds the problem of `code`; `detail` defaults to the sentence of the table. */
export function problem(code: ProblemCode, detail?: string, extra: Record<string, unknown> = {}): Problem {
  const { status, title, sentence } = problemKinds[code];
  return { ...extra, type: `urn:postern:problem:${code}`, code, title, status, detail: detail ?? sentence };
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemKinds, code);
}

/** A body from the other side → a `Problem`; what is not one becomes `protocol-error`. */
export function parseProblem(body: unknown): Problem {
  const parsed = problemSchema.safeParse(body);
  if (!parsed.success || !isProblemCode(parsed.data.code)) return problem('protocol-error');
  return { ...parsed.data, ...problem(parsed.data.code, parsed.data.detail, parsed.data) };
}

/** First offending field of a failed parse, as `a.b.0: message`, for `invalid-request`. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue) return 'wrong shape';
  const path = issue.path.map(String).join('.');
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : '';
  return `${[path, keys].filter(Boolean).join('.') || 'body'}: ${issue.message}`;
}

export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem };
export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (
  code: ProblemCode,
  detail?: string,
  extra?: Record<string, unknown>,
): { ok: false; problem: Problem } => ({
  ok: false,
  problem: problem(code, detail, extra),
});

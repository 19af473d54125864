import { type ReasonCode, reasonCode } from '../../src-shared/challenge.ts';
import {
  codeUsedExtra,
  invalidCodeExtra,
  throttledExtra,
  wrongPinExtra,
} from '../../src-shared/client-api.ts';
import type { ClockDrift, CodeMethod } from '../../src-shared/otp-code.ts';
import type { PinWeakness } from '../../src-shared/pin-rules.ts';
import { type Problem, type ProblemCode, problemKinds } from '../../src-shared/problem.ts';
import type { UnlockObstacle, UnlockProviderKind } from '../../src-shared/unlock.ts';
import { formatBytes, formatClock, formatWait, type TimeStyle } from './format.ts';
import { plainText, withoutFullStop } from './plain-text.ts';
import type { View, ViewPrompt, ViewReason } from './view-schema.ts';

/** The catalogue: every sentence that `postern` says about a connection stands in this file and in `fixed`. */

/** One sentence and, unless all is well, what to do next. */
export interface Words {
  sentence: string;
  nextStep: string | null;
}

export const fixed = {
  codePrompt: (gateway: string) => `Code for ${gateway}:`,
  gateTurned: (from: string, to: string) => `${from} does not answer. Postern goes on at ${to}.`,
  noneOnline: 'None of the gateways of your team is online.',
  tellIfItLasts: 'Postern goes on when one is back. If it lasts, tell your administrator.',
  backupCodePrompt: (gateway: string) => `Backup code for ${gateway}:`,
  signInCodePrompt: 'Code from your authenticator app:',
  signInBackupCodePrompt: 'Backup code:',
  confirmCodePrompt: 'Code that the app shows now:',
  serverPrompt: 'Server (https://…):',
  emailPrompt: 'E-mail:',
  passwordPrompt: 'Password:',
  passwordFor: (email: string) => `Password for ${email}:`,
  triesLeft: (left: number) => (left === 1 ? 'Last try.' : `${left} tries left.`),
  newPasswordIntro:
    'That password is temporary: somebody else has set it. Choose your own, of twelve characters or more; a few words are easiest.',
  newPasswordPrompt: 'New password:',
  repeatPasswordPrompt: 'The same again:',
  emptyPassword: 'Enter a password.',
  passwordsDiffer: 'That was not the same password. Start again with the first one.',
  savedPrompt: 'Type "saved" when you have saved them:',
  notSaved: 'Type the word "saved" once the codes are in a safe place.',
  keysCode: 'Enter: send · Tab: use a backup code · Esc: cancel',
  keysBackupCode: 'Enter: send · Tab: use the authenticator app · Esc: cancel',
  keysCodeOnly: 'Enter: send · Esc: cancel',
  escCancels: 'Esc: cancel',
  escPutsOff: 'Esc: later · Ctrl-C: disconnect',
  enterSends: 'Enter: send',
  enterAsksSystem: 'Enter: ask the system',
  tabTo: {
    totp: 'Tab: use the authenticator app',
    'backup-code': 'Tab: use a backup code',
    pin: 'Tab: use the PIN',
    'uv-soft': "Tab: use the system's sign-in",
    'uv-hw': 'Tab: use the built-in sensor',
  },
  pinPrompt: (gateway: string) => `PIN for ${gateway}:`,
  systemPrompt: (gateway: string) => `System sign-in (fingerprint or password) for ${gateway}, press Enter:`,
  waitingForSystem: "Waiting for the system's sign-in…",
  keysSystemOnly: 'Enter: ask the system · Esc: cancel',
  keysWaiting: 'Ctrl-C or Esc: take it back',
  takenBack: 'Taken back. That costs no try.',
  pinTooShort: 'A PIN has at least six characters.',
  pinTooLong: 'A PIN has 64 characters at most.',
  lastTry: 'Last try. After this the PIN is removed on this device.',
  newPinIntro:
    'Choose a PIN of at least six digits or letters. It is tied to this device; nobody can read it from the disk.',
  newPinPrompt: 'New PIN:',
  repeatPinPrompt: 'The same again:',
  pinsDiffer: 'That was not the same PIN. Start again with the first one.',
  allowPrompt: 'Code from your authenticator app, to allow this:',
  allowBackupPrompt: 'Backup code, to allow this:',
  testPinPrompt: 'PIN:',
  testSystemPrompt: 'System sign-in (fingerprint or password), press Enter:',
  pinSet: 'The PIN is set on this device.',
  pinChanged: 'The PIN is changed on this device.',
  pinRemoved: 'The PIN is removed on this device.',
  pinExists: "This device has a PIN already. Change it with 'postern pin change'.",
  pinAbsent: "This device has no PIN. Set one with 'postern pin set'.",
  pinRight: 'That was the right PIN. The server took it.',
  systemRight: "The system's sign-in works. The server took it.",
  biometricsOn: "The system's sign-in is turned on for this device.",
  biometricsOff: "The system's sign-in is turned off for this device.",
  biometricsAbsent:
    "The system's sign-in is not turned on for this device. Turn it on with 'postern biometrics on'.",
  lockout:
    'Five wrong PINs were entered on this device, so its PIN is gone. Your account and your authenticator still work: with a code from the app you set a new PIN. If that was not you, tell your administrator.',
  setUpNeeded:
    'Your team asks for a PIN or biometrics before each connection, and this device has none yet. Setting one up takes a code from your authenticator.',
  setUpPinNow: 'Set up a PIN now? (yes/no)',
  setUpSystemNow: "Turn on the system's sign-in (fingerprint or password) now? (yes/no)",
  setUpSystemToo:
    "Turn on the system's sign-in as well? It takes the next code of your authenticator. (yes/no)",
  yesOrNo: 'Answer yes or no.',
  setUpNextConnect: 'Now connecting. That also tries what you have just set up.',
  noDevices: 'No device is registered.',
  deviceRemoved: (name: string) => `Removed ${name}. It is signed out and disconnected.`,
  thisDeviceRemoved: 'Removed this device. You are signed out here.',
  wrongBackupCode: 'That backup code did not match. Check each letter, or take another one.',
  sixDigits: 'A code has six digits.',
  setUpLink:
    'That is the link that an authenticator app is set up with, not a code. Type the six digits that the app shows.',
  backupShape: 'A backup code has at least ten letters and digits.',
  looksLikeBackupCode: 'That looks like a backup code. Press Tab first to use one.',
  waitFirst: (wait: string) => `Not sent. Try again in ${wait}.`,
  nextCodeIn: (wait: string) => `Next code in ${wait}.`,
  tryAgainIn: (wait: string) => `Try again in ${wait}.`,
  tryAgain: 'You can try again.',
  signedIn: (email: string, server: string) => `Signed in to ${server} as ${email}.`,
  signedInAlready: (email: string) => `You are signed in as ${email}. Run 'postern sign-out' first.`,
  signedOutNow: 'Signed out.',
  notSignedIn: 'You are not signed in.',
  disconnectingByWish: 'Disconnecting. Press Ctrl-C again to quit at once.',
  disconnectedByWish: 'Disconnected.',
  disconnectedElsewhere: 'Disconnected, as asked for in another terminal.',
  quitHard: 'Stopped at once. The helper takes the tunnel down.',
  cancelled: 'Cancelled. You are not connected.',
  nothingToDisconnect: 'Nothing to disconnect: no connection is running.',
  noInput:
    'An answer is needed, and there is no more input to read one from. Run it in a terminal, or give one answer a line.',
  moreInLog: 'Run it again with POSTERN_LOG_LEVEL=error for the details.',
  yourAddress: (addresses: readonly string[]) =>
    addresses.length === 1
      ? `Your address is ${addresses[0]}.`
      : `Your addresses are ${addresses.slice(0, -1).join(', ')} and ${addresses.at(-1)}.`,
  mayLast: (at: string) => `The connection may last until ${at}.`,
  renewLater: (at: string) => `This connection ends at ${at}. Run 'postern renew' to keep it.`,
  outdated: "Your team has changed the settings of this gateway. Run 'postern renew' to use them.",
  renewed: (at: string) => `Renewed. The connection may now last until ${at}.`,
  unlockElsewhere:
    "Your team asks for a PIN or biometrics, and this terminal can ask for none of those that are set up. Set a PIN with 'postern pin set', or use the Postern app.",
  alreadyRunning: (pid: number) =>
    `A connection is running already (process ${pid}). See it with 'postern status', end it with 'postern disconnect'.`,
  noGateways: 'There is no gateway that you may use.',
  gatewayTrouble: (name: string) =>
    `${name} may not pass your traffic on. Your administrators see why in the Control Panel.`,
  noOverlap: 'No network of your team is also the network here.',
  setUpIntro: 'Your team requires a second factor. Scan this with your authenticator app:',
  tooNarrowForQr: (columns: number) => `(The code to scan needs a window of ${columns} columns.)`,
  setUpSecret: (secret: string) => `Or type this secret into the app: ${secret}`,
  setUpUri: (uri: string) => `Or open this address: ${uri}`,
  backupCodesIntro:
    'These backup codes each work once when your phone is not at hand. They are shown only now:',
  setUpDone: 'Your authenticator is set up. Sign in with the next code that it shows.',
  ruleComesBack:
    'With the next connection, what your team asks for is back. What you had asked for yourself is not.',
  cannotGuard: 'The helper on this computer cannot hold anything back.',
  channelLost:
    'The server cannot be reached at the moment. If your access ends meanwhile, you hear of it only when the server is back.',
  channelBack: 'The server can be reached again.',
  checkNetwork: 'Check your network and the address of the server.',
} as const;

const andThen = (sentence: string, detail: string | null) =>
  detail ? `${withoutFullStop(sentence)}: ${withoutFullStop(detail)}` : withoutFullStop(sentence);

const withMessage: readonly ReasonCode[] = ['administrator', 'policy-changed', 'mfa-changed'];

/** Who ended it, when and why; without a full stop at the end. */
function endedBy(reason: ViewReason, time: TimeStyle): string {
  const at = formatClock(reason.at, time);
  const incident = reason.incidentId ? ` (incident ${reason.incidentId})` : '';
  const told: Record<ReasonCode, string> = {
    administrator: `Your administrator ended this connection at ${at}`,
    'policy-changed': `The rules of your team changed at ${at}, which ended this connection`,
    'lease-expired': `This connection reached its time limit at ${at}`,
    idle: `This connection ended at ${at} because nothing was heard from this computer`,
    replaced: `A newer connection of this device took over at ${at}`,
    'signed-out': `You were signed out at ${at}`,
    'member-blocked': `Your administrator blocked this account at ${at}`,
    'mfa-changed': `You changed your second factor at ${at}, which ended this connection`,
    'mfa-required': `Your team now requires a second factor, so you were signed out at ${at}. Sign in again to set one up, or to give a code`,
    'gateway-removed': `Your administrator removed this gateway at ${at}`,
    'gateway-unavailable': `The gateway did not answer at ${at}, so this connection could not begin`,
    'device-removed': `This device was removed from your account at ${at}`,
    'server-restored': `The server was restored from a backup at ${at}, which ended this connection`,
    user: `You ended this connection at ${at}`,
  };
  const code = reasonCode.safeParse(reason.code).data;
  const sentence = code === undefined ? `The server ended this connection at ${at}` : told[code];
  // The message of the others says the same again.
  const isTelling = code === undefined || withMessage.includes(code);
  return (isTelling ? andThen(sentence, reason.message) : sentence) + incident;
}

/** The reason of an end as a whole sentence. */
export function reasonSentence(reason: ViewReason, time: TimeStyle): string {
  return `${endedBy(reason, time)}.`;
}

/** What the gate says above the prompt. */
export function gateSentence(prompt: ViewPrompt, view: View, time: TimeStyle): string {
  if (prompt.purpose === 'renew') {
    const end = view.expiresAt === null ? 'soon' : `at ${formatClock(view.expiresAt, time)}`;
    return `This connection ends ${end}. ${whatToGive(prompt)} to keep it without a break.`;
  }
  const last =
    prompt.usableMethods.includes('pin') && prompt.pin?.attemptsLeft === 1 ? ` ${fixed.lastTry}` : '';
  if (!prompt.reason) return `${whatToGive(prompt)} to connect to ${prompt.gateway}.${last}`;
  return `${endedBy(prompt.reason, time)}. ${whatToGive(prompt)} to reconnect.${last}`;
}

/** `Enter your PIN and a code`: all that is asked for in one go. */
function whatToGive({ requires, usableMethods }: ViewPrompt): string {
  const needsCode = requires.includes('totp');
  if (!requires.includes('unlock')) return 'Enter a code';
  if (usableMethods[0] === undefined || usableMethods[0] === 'pin')
    return needsCode ? 'Enter your PIN and a code' : 'Enter your PIN';
  return needsCode ? "Use the system's sign-in and a code" : "Use the system's sign-in";
}

/** One calm sentence for every state. Never "Connected" before bytes were received, never a promise of safety. */
export function stateSentence(view: View, time: TimeStyle): string {
  const gateway = view.gateway?.name ?? 'the gateway';
  switch (view.phase) {
    case 'signed-out':
      return view.reason ? reasonSentence(view.reason, time) : fixed.notSignedIn;
    case 'disconnected':
      if (view.reason) return reasonSentence(view.reason, time);
      return view.problem ? `Not connected. ${view.problem.detail}` : 'Not connected.';
    case 'gate':
      return view.prompt ? gateSentence(view.prompt, view, time) : 'Waiting for a code.';
    case 'connecting':
      return (view.attempt ?? 1) > 1
        ? `Connecting to ${gateway}, try ${view.attempt}.`
        : `Connecting to ${gateway}.`;
    case 'connected':
      if (view.health === 'degraded')
        return `Connected to ${gateway}, but it may not pass your traffic on (your administrators see why).`;
      return view.health === 'stale'
        ? `Connected to ${gateway}, but nothing was heard from it for a while.`
        : `Connected to ${gateway}.`;
    case 'reconnecting': {
      // Without a lease, or from a network that lets nothing through, there was no path that could be lost.
      const isNew = view.expiresAt === null || view.problem?.code === 'vpn-blocked';
      const what = isNew ? `No way to ${gateway} yet.` : `The path to ${gateway} was lost.`;
      const why = view.problem ? ` ${view.problem.detail}` : '';
      const next = view.nextTryAt === null ? '' : ` Next try at ${formatClock(view.nextTryAt, time, true)}.`;
      return `${what}${why}${next}`;
    }
    case 'disconnecting':
      return view.reason ? `${reasonSentence(view.reason, time)} Disconnecting.` : 'Disconnecting.';
    case 'blocked': {
      const held = view.problem
        ? `Traffic should be held back, but that failed: ${withoutFullStop(view.problem.detail)}.`
        : 'Traffic is held back.';
      return view.reason ? `${reasonSentence(view.reason, time)} ${held}` : held;
    }
  }
}

/** Gateway, address, since, received and sent, for the refreshed line. */
export function trafficLine(view: View, time: TimeStyle): string {
  const parts = [
    stateSentence(view, time).replace(/\.$/, ''),
    view.addresses.join(', '),
    view.since === null ? '' : `since ${formatClock(view.since, time)}`,
    view.rxBytes === null ? '' : `received ${formatBytes(view.rxBytes)}`,
    view.txBytes === null ? '' : `sent ${formatBytes(view.txBytes)}`,
  ];
  return parts.filter(Boolean).join(' · ');
}

/** What a code that came too early or too late says of the phone's clock. */
const driftSentence = (drift: ClockDrift): string =>
  `Your phone's clock is some minutes ${drift}. Turn on automatic date and time on it.`;

/** Who was signed in, when the keyring that keeps the session is locked. */
export const lockedSentence = (email: string, serverName: string) =>
  `Your keyring is locked. It keeps your sign-in: ${email} on ${serverName}.`;

/** Said when this computer's clock and the server's differ by more than 30 s; null otherwise. */
export function clockSentence(offsetMs: number | null): string | null {
  if (offsetMs === null || Math.abs(offsetMs) <= 30_000) return null;
  const side = offsetMs > 0 ? 'behind' : 'ahead of';
  return `This computer's clock is ${formatWait(Math.abs(offsetMs))} ${side} the server's.`;
}

const triesLeft = (left: number | undefined) =>
  left === undefined || left < 0
    ? ''
    : left === 0
      ? ' No tries left for now.'
      : left === 1
        ? ' Last try before you have to wait.'
        : ` ${left} tries left.`;

function pinTriesLeft(left: number | undefined): string {
  if (left === undefined || left < 1) return '';
  return left === 1 ? ` ${fixed.lastTry}` : ` ${left} tries left, then the PIN is removed on this device.`;
}

/** How long the server asks to wait after this problem, in milliseconds; null when it does not. */
export function waitOf(problem: Problem): number | null {
  const used = codeUsedExtra.safeParse(problem);
  if (used.success) return used.data.nextCodeInMs;
  const throttled = throttledExtra.safeParse(problem);
  return throttled.success ? throttled.data.retryAfterMs : null;
}

/** What is missing where the system cannot be asked. */
export const obstacleSentence: Record<UnlockObstacle, string> = {
  'not-here': 'Not offered on this system, or only in the window of the app.',
  'no-hardware': 'A sensor or key store is missing, or nobody has set it up.',
  'not-installed':
    'The app is not installed as the system wants it. Install the package of your distribution.',
  'no-service': 'The service of the system that would ask is not running, or cannot be trusted.',
  'asks-nobody':
    'The system would say yes without asking anybody (administrator, or a rule of one), which proves nothing.',
  'not-at-screen': 'This is not the session at the screen, so the system asks nobody here.',
};

/** How the ways of the system are called. */
export const providerName: Record<UnlockProviderKind, string> = {
  webauthn: 'Built-in sensor (Touch ID, Windows Hello)',
  'touch-id': 'Touch ID or Mac password',
  polkit: 'System sign-in (fingerprint or password)',
};

export const pinWeaknessSentence: Record<PinWeakness, string> = {
  'too-short': fixed.pinTooShort,
  'too-long': fixed.pinTooLong,
  'one-character': 'One character over and over is guessed first. Choose another PIN.',
  sequence: 'A sequence is guessed first. Choose another PIN.',
  common: 'That PIN is one of the most used. Choose another one.',
  year: 'A date is easy to guess for whoever knows you. Choose another PIN.',
};

const nextSteps: Record<ProblemCode, string | null> = {
  'invalid-request': 'Check what you typed.',
  'payload-too-large': null,
  'not-found': null,
  'method-not-allowed': null,
  'internal-error': 'Try again in a moment.',
  'storage-unavailable': null,
  'server-busy': null,
  'invalid-credentials': "Run 'postern sign-in' again.",
  'session-invalid': "Run 'postern sign-in'.",
  'csrf-token-invalid': null,
  'insufficient-role': null,
  'policy-changed': null,
  'last-owner': null,
  'email-taken': null,
  'password-required': null,
  'wrong-password': null,
  'password-too-weak': null,
  'password-change-required': "Run 'postern sign-in' in a terminal to choose one.",
  'temporary-password-expired': null,
  'code-sign-in-required': null,
  'mfa-kept': null,
  'reset-link-invalid': null,
  'mail-unavailable': null,
  'mfa-required': null,
  'mfa-setup-required': "Run 'postern sign-in' in a terminal to set one up.",
  'mfa-token-invalid': "Run 'postern sign-in' again.",
  'invalid-code': null,
  'code-already-used': null,
  'factor-disabled': null,
  'factor-exists': null,
  'member-blocked': 'Ask your administrator.',
  'too-many-attempts': null,
  'step-up-required': null,
  'challenge-invalid': null,
  'unlock-not-enrolled': "Run 'postern pin set'.",
  'wrong-pin': null,
  'pin-removed': "Run 'postern pin set' to set a new one with a code.",
  'unlock-refused': "See 'postern biometrics status'.",
  'unlock-key-missing': "Run 'postern pin set' again, with a code.",
  'unlock-unavailable': "See 'postern biometrics status'.",
  'prompt-timeout': null,
  'pin-too-weak': null,
  'device-not-found': "'postern devices' lists them.",
  'gateway-unavailable': "Try again, or choose another one: 'postern gateways'.",
  'gateway-not-found': "'postern gateways' shows which are online.",
  'device-limit': "Choose another gateway: 'postern gateways'.",
  'member-not-found': null,
  'token-invalid': null,
  'insufficient-scope': null,
  'server-unreachable': `${fixed.checkNetwork} If the network wants a sign-in first, open a page in a browser.`,
  'server-untrusted-certificate':
    "If your team runs a certificate authority of its own, sign in with '--ca FILE'. Otherwise do not go on.",
  'protocol-error': null,
  'untrusted-server': "Then run 'postern connect' again.",
  'lease-invalid': 'Tell your administrator.',
  'lease-expired': "Run 'postern connect' again.",
  'controller-busy': 'End the connection there first.',
  'caller-not-allowed': null,
  'not-supported': null,
  'helper-unavailable':
    "Start it with 'sudo systemctl start postern-helper', or by hand with 'sudo postern-helper start'.",
  'helper-untrusted': 'Tell your administrator: someone may be impersonating the helper.',
  'guard-invalid': null,
  'lease-key-invalid': 'Tell your administrator.',
  'guard-failed':
    "Run 'sudo systemctl restart postern-helper'. If that does not help, tell your administrator.",
  'guard-unsupported': null,
  'portal-refused': "See 'postern guard'.",
  'release-refused': null,
  'vpn-blocked': "Use another network, for example your phone's.",
  'network-overlap':
    "Use another network, for example your phone's. If it happens often, tell your administrator, who can choose other addresses.",
  'tunnel-failed': "Try again; 'postern status' shows what is missing.",
  'clock-off': 'Turn on automatic date and time.',
  'keychain-locked': 'Unlock your keyring (it opens when you sign in to the desktop), then try again.',
  'keychain-unavailable':
    'Install and start a keyring such as gnome-keyring or KWallet, inside a D-Bus session.',
  'signed-out': "Run 'postern sign-in'.",
  'wrong-state': "See 'postern status'.",
  cancelled: null,
};

/** What to do about a problem of this code; null where there is nothing, or the code is a newer one. */
export function nextStepOf(code: string): string | null {
  return nextSteps[code as ProblemCode] ?? null;
}

/** The sentence for a refusal, with tries left, wait and clock drift where the server told them, and the next step. */
export function problemWords(problem: Problem, method: CodeMethod = 'totp'): Words {
  const detail = plainText(problem.detail) || problemKinds[problem.code].sentence;
  const nextStep = nextSteps[problem.code];
  const wait = waitOf(problem);
  switch (problem.code) {
    case 'invalid-code': {
      const extra = invalidCodeExtra.safeParse(problem);
      const drift = extra.data?.drift;
      const offset = drift === undefined ? '' : ` ${driftSentence(drift)}`;
      const tries = triesLeft(extra.data?.attemptsLeft);
      const sentence = method === 'totp' ? problemKinds['invalid-code'].sentence : fixed.wrongBackupCode;
      return { sentence: `${sentence}${tries}${offset}`, nextStep };
    }
    case 'code-already-used':
      return {
        sentence: wait === null || wait <= 0 ? detail : `Already used. ${fixed.nextCodeIn(formatWait(wait))}`,
        nextStep,
      };
    case 'too-many-attempts':
      return {
        sentence: wait === null ? detail : `Too many attempts. ${fixed.tryAgainIn(formatWait(wait))}`,
        nextStep,
      };
    case 'wrong-pin': {
      const extra = wrongPinExtra.safeParse(problem);
      const again = wait === null || wait <= 0 ? '' : ` ${fixed.tryAgainIn(formatWait(wait))}`;
      return { sentence: `Wrong PIN.${pinTriesLeft(extra.data?.attemptsLeft)}${again}`, nextStep };
    }
    case 'server-untrusted-certificate':
      return { sentence: detail, nextStep: (problem.date ?? problem.names) ? null : nextStep };
    case 'server-unreachable':
      // The sentence says whom to ask.
      return { sentence: detail, nextStep: problem.proxy === undefined ? nextStep : null };
    case 'keychain-unavailable':
      return { sentence: problemKinds[problem.code].sentence, nextStep };
    default:
      return { sentence: detail, nextStep };
  }
}

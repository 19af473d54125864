import type { ReasonCode } from '../../src-shared/challenge.ts';
import type { ClockDrift } from '../../src-shared/otp-code.ts';
import type { PasswordWeakness } from '../../src-shared/password-rules.ts';
import type { ProblemCode } from '../../src-shared/problem.ts';
import { countingIn } from '../format/counting.ts';

const { plural } = countingIn('en');

/** The words of the shared parts, and those that both pages use, in English; other languages have these keys. */
export const en = {
  common: {
    cancel: 'Cancel',
    back: 'Back',
    copy: 'Copy',
    copied: 'Copied',
    save: 'Save…',
    saved: 'Saved',
    print: 'Print',
    dismiss: 'Dismiss',
    none: '–',
  },
  credentials: {
    email: 'E-mail',
    password: 'Password',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    submit: 'Sign in',
    missing: 'Enter your e-mail and password.',
    startOver: 'Back to sign-in',
  },
  newPassword: {
    title: 'Choose your own password',
    text: 'The one that you have just used is temporary: somebody else has set it.',
    label: 'New password',
    again: 'New password again',
    hint: 'Twelve characters or more; a few words are easiest.',
    missing: 'Enter a new password.',
    differs: 'That is not the same.',
    submit: 'Save and sign in',
  },
  passwordWeakness: {
    short: 'That is too short: twelve characters or more. A few words are easiest.',
    long: 'That is too long: 1024 characters at most.',
    common: 'Many people use that password, or one like it: it is guessed first. Choose another one.',
    personal: 'That is made of your name, address or team: it is guessed first. Choose another one.',
    pattern: 'That repeats itself or follows the keyboard: it is guessed first. Choose another one.',
    present: 'That is your present password. Choose another one.',
  } satisfies Record<PasswordWeakness, string>,
  code: {
    totpLabel: '6-digit code',
    totpHint: 'From your authenticator app. Sends itself after 6 digits.',
    backupLabel: 'Backup code',
    backupHint: 'One of the ten codes that you saved. Each works once.',
    checking: 'Checking the code…',
    otherWay: 'Use another way',
    methods: {
      totp: 'Authenticator app',
      'backup-code': 'Backup code',
    },
    wrong: (server: string) =>
      `That code did not match. Check that it is for ${server} and use the newest one.`,
    wrongBackup: 'That backup code did not match. Check each letter, or take another one.',
    used: 'Already used.',
    usedBackup: 'That backup code was used before. Take another one.',
    nextCodeIn: (seconds: number) => `Next code in ${seconds} s.`,
    tryAgainIn: (clock: string) => `Try again in ${clock}`,
    tooMany: 'Too many wrong codes.',
    waitStart: (duration: string) => `Wait ${duration} before the next try.`,
    waitTen: '10 seconds left.',
    waitOver: 'You can try again.',
    triesLeft: (count: number) => `${plural(count, 'try', 'tries')} left, then you have to wait.`,
    lastTry: 'Last try. After this you have to wait before you can try again.',
    drift: {
      ahead: 'Your phone’s clock is some minutes ahead. Turn on automatic date and time on the phone.',
      behind: 'Your phone’s clock is some minutes behind. Turn on automatic date and time on the phone.',
    } satisfies Record<ClockDrift, string>,
    unreachable: (server: string) =>
      `No connection to ${server}. No try was used; send the code again when it is back.`,
    sixDigits: 'A code has 6 digits.',
    setUpLink:
      'That is the link that an authenticator app is set up with, not a code. Enter the 6 digits that the app shows.',
    emptyBackup: 'Enter a backup code.',
  },
  reasons: {
    administrator: (time: string) => `Your administrator ended this connection at ${time}.`,
    'policy-changed': (time: string) => `Your team’s rules changed at ${time}, which ended this connection.`,
    'lease-expired': (time: string) => `Your permission to connect ran out at ${time}.`,
    idle: (time: string) =>
      `The gateway had not heard from this device, so it ended the connection at ${time}.`,
    replaced: (time: string) => `A newer connection of this device took over at ${time}.`,
    'signed-out': (time: string) => `You were signed out at ${time}.`,
    'member-blocked': (time: string) => `Your administrator blocked this account at ${time}.`,
    'mfa-changed': (time: string) =>
      `You changed your second factor at ${time}, which ended this connection.`,
    'mfa-required': (time: string) =>
      `Your team now requires a second factor, so you were signed out at ${time}. Sign in again: you will be led through setting one up, or asked for a code.`,
    'gateway-removed': (time: string) => `The gateway was removed from your team at ${time}.`,
    'gateway-unavailable': (time: string) =>
      `The gateway did not answer at ${time}, so this connection could not begin.`,
    'device-removed': (time: string) => `This device was removed from your account at ${time}.`,
    'server-restored': (time: string) =>
      `The server was restored from a backup at ${time}, which ended this connection.`,
    user: (time: string) => `You ended this connection at ${time}.`,
    other: (time: string) => `The connection was ended at ${time}.`,
  } satisfies Record<ReasonCode | 'other', (time: string) => string>,
  incident: (id: string) => `Incident ${id}`,
  causes: {
    clockBehind: (span: string) =>
      `This computer’s clock is ${span} behind. Nothing was sent: set the clock right, then try again.`,
    clockAhead: (span: string) =>
      `This computer’s clock is ${span} ahead. Nothing was sent: set the clock right, then try again.`,
    notYetValid: (host: string, date: string, from: string | null) =>
      `${from === null ? `The certificate of ${host} is not valid yet on ${date}, the date of this computer.` : `The certificate of ${host} is not valid before ${from}. This computer’s date is ${date}.`} If that date is wrong, set it right. If not, tell your administrator.`,
    expired: (host: string, date: string, on: string | null) =>
      `${on === null ? `The certificate of ${host} has expired by ${date}, the date of this computer.` : `The certificate of ${host} expired on ${on}. This computer’s date is ${date}.`} If that date is wrong, set it right. If not, tell your administrator.`,
    otherNames: (host: string, names: string) =>
      `The server at ${host} showed a certificate for ${names}. Look for a slip in the address; if there is none, tell your administrator.`,
    proxy: (proxy: string, server: string) =>
      `The server cannot be reached. This computer is set to reach the web through the proxy ${proxy}, which Postern does not use. Ask your administrator to let it reach ${server} directly.`,
  },
  problems: {
    'invalid-request': 'The request was not understood. Update Postern and try again.',
    'payload-too-large': 'The request was larger than the server accepts.',
    'not-found': 'That does not exist on this server.',
    'method-not-allowed': 'The server does not offer this here.',
    'internal-error': 'Something went wrong on the server. Try again in a moment.',
    'storage-unavailable':
      'The server cannot record anything right now, so it lets nobody in. Tell your administrator.',
    'server-busy': 'The server has too much to do right now. Try again in a moment.',
    'invalid-credentials': 'E-mail or password is wrong.',
    'session-invalid': 'You are signed out. Sign in again.',
    'csrf-token-invalid': 'This page is out of date. Reload it and try again.',
    'insufficient-role': 'Only an administrator can do that.',
    'policy-changed':
      'Somebody else has changed these settings meanwhile. Nothing of yours was saved: compare, then save again.',
    'last-owner': 'A team needs an owner who can sign in, and this is the last one.',
    'email-taken': 'Another member has this e-mail address.',
    'password-required': 'Enter your password to do that.',
    'wrong-password': 'That password is wrong.',
    'password-too-weak': 'Choose a password that is harder to guess.',
    'password-change-required': 'Your password is a temporary one. Choose one of your own before you go on.',
    'temporary-password-expired':
      'Your temporary password has expired: it works for 7 days. Ask your administrator for a new one.',
    'code-sign-in-required':
      'Sign in with a code from your authenticator app, or set up a new one, to make new backup codes.',
    'mfa-kept': 'Your team requires a second factor: it cannot be off.',
    'reset-link-invalid': 'This link does not work any more. Ask your administrator for a new one.',
    'mail-unavailable': 'This server has no mail server configured, so it cannot send the link.',
    'mfa-required': 'Enter the code from your authenticator app.',
    'mfa-setup-required': 'Your team requires a second factor. Set up an authenticator app first.',
    'mfa-token-invalid': 'This sign-in took too long. Start again with your password.',
    'invalid-code': 'That code did not match. Check that it is for this account and use the newest one.',
    'code-already-used': 'That code was already used. Wait for the next one.',
    'factor-disabled': 'Your authenticator is disabled after too many wrong codes. Ask your administrator.',
    'factor-exists': 'A second factor is set up already. Replace it in your account settings.',
    'member-blocked': 'Your administrator has blocked this account.',
    'too-many-attempts': 'Too many attempts. Wait before trying again.',
    'step-up-required': 'Enter a code to connect.',
    'challenge-invalid': 'That question has expired. Here is a new one.',
    'unlock-not-enrolled':
      'Your team requires a PIN or biometrics before connecting. Set it up on this device first.',
    'wrong-pin': 'Wrong PIN.',
    'pin-removed':
      'Too many wrong PINs: the PIN on this device is gone. Use a code from your authenticator app to set a new one.',
    'unlock-refused':
      'The server did not accept the proof of this device. Use another way, or set it up again with a code.',
    'unlock-key-missing': 'The key of this device is no longer in the keyring. Set it up again with a code.',
    'unlock-unavailable': 'This computer cannot ask you that way right now. Use another way.',
    'prompt-timeout': 'Nobody answered the question of the system.',
    'pin-too-weak': 'That PIN is too easy to guess. Choose another one.',
    'device-not-found': 'There is no such device.',
    'gateway-unavailable': 'The gateway does not answer right now.',
    'gateway-not-found': 'There is no such gateway.',
    'device-limit': 'The gateway has no free address. Tell your administrator.',
    'member-not-found': 'There is no such member.',
    'token-invalid':
      'The API token is unknown, revoked, expired or used from an address it is not allowed from.',
    'insufficient-scope': 'The API token does not have the scope for this call.',
    'server-unreachable': 'The server cannot be reached.',
    'server-untrusted-certificate': 'The server showed a certificate that this computer does not trust.',
    'protocol-error':
      'The other side answered something that this version does not understand. Update Postern.',
    'untrusted-server': 'This computer does not trust that server yet. An administrator has to add it once.',
    'lease-invalid': 'The helper refused the permission that came from the server.',
    'lease-expired': 'The permission to connect has run out.',
    'controller-busy': 'Another program on this computer controls the tunnel.',
    'caller-not-allowed':
      'This user may not control the tunnel. Ask an administrator to add you to the group "postern".',
    'not-supported': 'This version cannot do that yet.',
    'helper-unavailable': 'The Postern helper is not running on this computer.',
    'helper-untrusted': 'The helper socket does not belong to the system. Nothing was sent to it.',
    'tunnel-failed': 'The tunnel could not be set up.',
    'guard-invalid':
      'The helper refused the order to hold traffic back: it is not the newest word of your server.',
    'lease-key-invalid':
      'The helper refused what your server said of its next key: it is not its newest word.',
    'guard-failed': 'This computer could not hold traffic back: it may be leaking.',
    'guard-unsupported':
      'Your team has traffic held back while nobody has confirmed, and this computer’s Postern cannot do that. Update Postern, or ask your administrator to exempt this device.',
    'portal-refused': 'The network’s sign-in page cannot be opened now.',
    'release-refused':
      'Your team does not let you end this. An administrator of this computer can, with sudo postern-helper release.',
    'vpn-blocked':
      'Nothing comes back from the gateway, though the server hears it. This network may block VPN traffic. Use another one, for example your phone’s.',
    'network-overlap':
      'The network that this computer is on has the addresses of your team’s network. Use another one, for example your phone’s.',
    'clock-off': 'The clock of this computer is off. Set it right and try again.',
    'keychain-locked': 'Your keyring is locked. Unlock it and try again.',
    'keychain-unavailable':
      'This system has no keyring that Postern can use, and it keeps no secrets in plain files.',
    'signed-out': 'You are not signed in.',
    'wrong-state': 'That is not possible right now.',
    cancelled: 'Cancelled.',
  } satisfies Record<ProblemCode, string>,
};

export type Strings = typeof en;

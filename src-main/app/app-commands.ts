import type * as z from 'zod';
import type { ClientCore } from '../../src-client/core.ts';
import type {
  AppCommandName,
  appCommands,
  CommandOutput,
  externalLinks,
  SettingsPatch,
} from '../../src-shared/app-ipc.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import { parseServerKey } from '../../src-shared/server-key.ts';
import type { ConnectRequests } from './connect-requests.ts';
import type { SignInFlow } from './sign-in-flow.ts';
import { isServerTrusted, serverFingerprint } from './trusted-servers.ts';
import type { Words } from './words.ts';

type Parsed<N extends AppCommandName> = z.output<(typeof appCommands)[N]['input']>;
export type CommandHandlers = {
  readonly [N in AppCommandName]: (input: Parsed<N>) => Promise<Result<CommandOutput<N>>>;
};

/** What the commands need from the desktop; Electron's side of it is in `shell/`. */
export interface Desktop {
  /** Absolute path of the chosen file; null when cancelled. */
  chooseCa(): Promise<string | null>;
  /** False when cancelled. Rejects with the system's error. */
  saveText(title: string, fileName: string, text: string): Promise<boolean>;
  writeClipboard(text: string): Promise<void>;
  openLink(link: (typeof externalLinks)[number]): Promise<void>;
  /** Runs the helper's `trust` with administrator rights. */
  trust(keyLine: string): Promise<Result<void>>;
  installUpdate(): Promise<Result<void>>;
  hideWindow(): void;
  /** Asks first, when that is called for. */
  quit(): void;
}

export interface CommandsOptions {
  core: ClientCore;
  requests: ConnectRequests;
  signIn: SignInFlow;
  desktop: Desktop;
  changeSettings: (patch: SettingsPatch) => Promise<Result<void>>;
  diagnostics: () => string;
  trustedServersFile: string;
  words: () => Words;
}

const done: Result<undefined> = ok(undefined);
const settled = async (result: Promise<Result<unknown>>): Promise<Result<undefined>> => {
  const answer = await result;
  return answer.ok ? done : answer;
};

/** What each command of the window does. Input is parsed, refusals are values, nothing here knows Electron. */
export function createCommandHandlers(options: CommandsOptions): CommandHandlers {
  const { core, requests, signIn, desktop, words } = options;
  const isAtGate = () => core.snapshot().connection.phase === 'gate';
  /** What the person looks at when asked to trust: that key and no other is handed to root. */
  let lookedUp: { serverUrl: string; serverKey: string } | null = null;

  return {
    'server.look-up': async ({ serverUrl }) => {
      lookedUp = null;
      const info = await signIn.serverInfo(serverUrl);
      if (!info.ok) return info;
      const fingerprint = serverFingerprint(info.value.serverKey);
      if (fingerprint === null) return fail('protocol-error', 'The server’s key cannot be read.');
      const isTrusted = await isServerTrusted(options.trustedServersFile, info.value.serverKey);
      lookedUp = { serverUrl, serverKey: info.value.serverKey };
      return ok({ ...info.value, fingerprint, isTrusted });
    },
    'server.trust': async ({ serverUrl }) => {
      if (lookedUp?.serverUrl !== serverUrl)
        return fail('wrong-state', 'Look the server up again, then compare its fingerprint.');
      const { serverKey } = lookedUp;
      const issuer = parseServerKey(serverKey)?.issuer ?? '';
      if (!URL.canParse(issuer) || new URL(issuer).origin !== new URL(serverUrl).origin)
        return fail(
          'untrusted-server',
          `${new URL(serverUrl).host} gives its name as ${issuer.slice(0, 200)}. Sign in at that address, or let an administrator trust it with postern-helper.`,
        );
      return settled(desktop.trust(serverKey));
    },
    'server.choose-ca': async () => {
      const path = await desktop.chooseCa();
      return ok(path === null ? null : signIn.chooseCa(path));
    },
    'session.sign-in': ({ serverUrl, email, password }) => signIn.signIn(serverUrl, email, password),
    'session.sign-in-mfa': ({ method, code }) => signIn.mfa(method, code),
    'session.sign-in-new-password': ({ password }) => signIn.newPassword(password),
    'session.sign-in-cancel': async () => {
      signIn.forget();
      return done;
    },
    'session.sign-out': () => settled(core.signOut('home-button')),
    'mfa.set-up': () => signIn.setUpMfa(),
    'mfa.confirm': ({ code }) => signIn.confirmMfa(code),
    'mfa.save-backup-codes': async () => {
      const codes = signIn.backupCodes;
      if (!codes) return fail('wrong-state', 'There are no backup codes to save.');
      const text = [words().backupCodesHead, '', ...codes, ''].join('\n');
      return saved(() => desktop.saveText(words().saveBackupCodes, words().backupCodesFile, text));
    },
    'connection.connect': ({ gatewayId }) => settled(requests.connect('home-button', gatewayId)),
    'connection.disconnect': () => settled(requests.disconnect('home-button')),
    'connection.cancel': () => settled(requests.cancel(isAtGate() ? 'gate-dialog' : 'home-button')),
    'connection.renew': () => settled(core.renew('home-button')),
    'connection.submit-proof': ({ answers }) => settled(core.submitProof(answers)),
    'connection.cancel-prompt': async () => {
      core.cancelPrompt();
      return done;
    },
    'unlock.set-pin': ({ pin, proof }) => settled(core.setPin(pin, proof)),
    'unlock.remove-pin': () => settled(core.removePin()),
    'unlock.turn-on-biometrics': ({ proof }) => settled(core.turnOnBiometrics(proof)),
    'unlock.turn-off-biometrics': () => settled(core.turnOffBiometrics()),
    'unlock.check': ({ answer }) => settled(core.checkUnlock(answer)),
    'unlock.refresh': async () => {
      await core.refreshUnlock();
      return done;
    },
    'devices.list': async () => {
      const devices = await core.devices();
      return devices.ok ? ok({ devices: devices.value }) : devices;
    },
    'devices.remove': ({ deviceId }) => settled(core.removeDevice(deviceId)),
    'connection.refresh': () => settled(core.refresh()),
    'overlap.choose': ({ side }) => settled(core.chooseOverlap(side)),
    'gateways.measure': () => settled(core.measureGateways()),
    'guard.choose': ({ mode }) => settled(core.chooseGuard(mode)),
    'guard.open-portal': () => settled(core.openPortal()),
    'guard.release': () => settled(core.releaseGuard()),
    'settings.change': (patch) => settled(options.changeSettings(patch)),
    'diagnostics.read': async () => ok({ text: options.diagnostics() }),
    'diagnostics.save': () =>
      saved(() => desktop.saveText(words().saveDiagnostics, words().diagnosticsFile, options.diagnostics())),
    'clipboard.write': async ({ text }) => {
      await desktop.writeClipboard(text);
      return done;
    },
    'link.open': async ({ link }) => {
      await desktop.openLink(link);
      return done;
    },
    'update.install': () => settled(desktop.installUpdate()),
    'window.hide': async () => {
      desktop.hideWindow();
      return done;
    },
    'app.quit': async () => {
      desktop.quit();
      return done;
    },
  };
}

/** A disk that is full or a folder that is not ours is the user's business, not a bug. */
async function saved(save: () => Promise<boolean>): Promise<Result<{ isSaved: boolean }>> {
  try {
    return ok({ isSaved: await save() });
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      return fail('storage-unavailable', `The file could not be written (${String(error.code)}).`);
    throw error;
  }
}

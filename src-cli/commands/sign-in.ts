import type { ClientCore } from '../../src-client/core.ts';
import type { SignInStep } from '../../src-client/session/sign-in-steps.ts';
import { ok, type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type { Asked, CodeQuestion } from '../ask/asker.ts';
import { countdownAfter } from '../ask/countdown.ts';
import { type Got, got } from '../ask/got.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { notSignedIn } from '../context/not-signed-in.ts';
import { withPortalStep } from '../context/unreachable.ts';
import { openControl } from '../control/control-client.ts';
import { plainText } from '../view/plain-text.ts';
import { fixed, problemWords, waitOf } from '../view/words.ts';
import { chooseOwnPassword } from './own-password.ts';
import { setUpFactor } from './set-up-factor.ts';
import { withTries } from './with-tries.ts';

export interface SignInOptions {
  server: string | undefined;
  ca: string | undefined;
  email: string | undefined;
}

const CANCELLED = refused(problem('cancelled', 'Cancelled. You are not signed in.'));

/** `postern sign-in`: server, e-mail, password, second factor; sets the factor up first where the team requires one. */
export async function signIn(options: SignInOptions, context: CommandContext): Promise<Ending> {
  const running = await openControl(context.controlPath);
  if (running.kind === 'open') {
    running.client.close();
    return refused(problem('wrong-state', fixed.alreadyRunning(running.client.pid)));
  }
  const core = context.openCore();
  try {
    return await withPortalStep(await signInWith(core, options, context), core, context.time);
  } finally {
    await core.stop();
  }
}

async function signInWith(
  core: ClientCore,
  options: SignInOptions,
  context: CommandContext,
): Promise<Ending> {
  await core.start();
  const { keychain, account: known, connection } = core.snapshot();
  // Better before the password is typed than after.
  if (keychain === 'locked' || keychain === 'unavailable') return refused(notSignedIn(core.snapshot()));
  if (known && connection.phase !== 'signed-out')
    return refused(problem('wrong-state', fixed.signedInAlready(plainText(known.email))));

  const ca = options.ca ?? context.defaults.caFile;
  const caFile = ca === undefined ? {} : { caFile: ca };
  const found = await findServer({ ...options, ca }, known?.serverUrl, core, context);
  if (!found.ok) return found.ending;
  const { serverUrl, serverName } = found.value;

  const email: Got<string> =
    options.email === undefined
      ? got(await ask(context, 'email'), context, CANCELLED)
      : { ok: true, value: options.email };
  if (!email.ok) return email.ending;
  const account = { serverUrl, email: email.value.trim(), ...caFile };
  const entered = await withTries(
    {
      kind: 'password',
      ask: (isAgain) =>
        ask(context, 'password', isAgain ? fixed.passwordFor(plainText(account.email)) : undefined),
      use: async (password) => {
        const credentials = { ...account, password };
        const step = await core.signIn(credentials);
        return step.ok ? ok({ credentials, step: step.value }) : step;
      },
      isMendable: ({ code }) => code === 'invalid-credentials',
      cancelled: CANCELLED,
    },
    context,
  );
  if (!entered.ok) return entered.ending;
  const { credentials } = entered.value;
  let step: Result<SignInStep> = ok(entered.value.step);
  if (step.ok && step.value.step === 'mfa-setup') {
    const setUp = await setUpFactor(step.value.setupToken, core, context);
    if (setUp.kind !== 'exit' || setUp.exit !== 'done') return setUp;
    step = await core.signIn(credentials);
  }
  const ending = await passSecondFactor(core, step, context);
  if (ending.kind !== 'exit' || ending.exit !== 'done') return ending;
  context.output.say(fixed.signedIn(plainText(credentials.email), serverName));
  context.output.event({ event: 'signed-in', serverUrl, serverName, email: credentials.email });
  return ending;
}

/** Codes until one is taken, the user gives up or the server ends the sign-in; then a new password, if need be. */
async function passSecondFactor(
  core: ClientCore,
  first: Result<SignInStep>,
  context: CommandContext,
): Promise<Ending> {
  if (!first.ok) return refused(first.problem);
  if (first.value.step === 'done') return exit('done');
  if (first.value.step === 'mfa-setup') return refused(problem('mfa-setup-required'));
  if (first.value.step === 'new-password')
    return chooseOwnPassword(first.value.passwordToken, core, context, CANCELLED);
  const { mfaToken, methods } = first.value;
  const start = methods[0];
  if (start === undefined) return refused(problem('protocol-error'));
  const countdowns: CodeQuestion['countdowns'] = {};
  for (;;) {
    const question: CodeQuestion = {
      kind: 'sign-in',
      messages: { totp: fixed.signInCodePrompt, 'backup-code': fixed.signInBackupCodePrompt },
      methods,
      start: methods.includes('totp') ? 'totp' : start,
      countdowns,
      keys: {
        totp: methods.length > 1 ? fixed.keysCode : fixed.keysCodeOnly,
        'backup-code': methods.length > 1 ? fixed.keysBackupCode : fixed.keysCodeOnly,
      },
    };
    const asked = got(await context.asker.code(question, context.interrupts.signal), context, CANCELLED);
    if (!asked.ok) return asked.ending;
    const { method, code } = asked.value;
    const result = await core.signInMfa(mfaToken, method, code);
    const told = { event: 'proof', method };
    if (result.ok) {
      context.output.event({ ...told, ok: true });
      const { value } = result;
      return value.step === 'new-password'
        ? chooseOwnPassword(value.passwordToken, core, context, CANCELLED)
        : exit('done');
    }
    if (!isWorthAnotherTry(result.problem)) return refused(result.problem);
    const { sentence } = problemWords(result.problem, method);
    const waitMs = waitOf(result.problem);
    const { code: problemCode } = result.problem;
    context.output.event({ ...told, ok: false, problem: { code: problemCode, detail: sentence }, waitMs });
    context.output.say(sentence);
    const countdown = countdownAfter(result.problem, context.time.now());
    if (countdown) countdowns[method] = countdown;
    else delete countdowns[method];
  }
}

function isWorthAnotherTry({ code }: Problem): boolean {
  return code === 'invalid-code' || code === 'code-already-used' || code === 'too-many-attempts';
}

function ask(
  { asker, interrupts }: CommandContext,
  kind: 'email' | 'password',
  message: string = kind === 'email' ? fixed.emailPrompt : fixed.passwordPrompt,
): Promise<Asked<string>> {
  return asker.text({ kind, message, isSecret: kind === 'password' }, interrupts.signal);
}

interface FoundServer {
  serverUrl: string;
  serverName: string;
}

/**
 * The server that answers at the address of option, environment or the last sign-in; one that is typed may be mended. Only
 * `https` is taken: a password goes there.
 */
async function findServer(
  options: SignInOptions,
  known: string | undefined,
  core: ClientCore,
  context: CommandContext,
): Promise<Got<FoundServer>> {
  const use = async (serverUrl: string): Promise<Result<FoundServer>> => {
    const info = await core.serverInfo(serverUrl, options.ca);
    return info.ok ? ok({ serverUrl, serverName: plainText(info.value.name) || serverUrl }) : info;
  };
  const given = options.server ?? context.defaults.serverUrl ?? known;
  if (given !== undefined) {
    const serverUrl = parseServer(given);
    if (serverUrl === null)
      return { ok: false, ending: refused(problem('invalid-request', badServer(given))) };
    const found = await use(serverUrl);
    return found.ok ? found : { ok: false, ending: refused(found.problem) };
  }
  const check = (text: string) => (parseServer(text) === null ? badServer(text) : null);
  const question = { kind: 'server' as const, message: fixed.serverPrompt, isSecret: false, check };
  return withTries(
    {
      kind: 'server',
      ask: () => context.asker.text(question, context.interrupts.signal),
      use: (typed) => use(parseServer(typed) ?? typed),
      isMendable: ({ code }) => code === 'server-unreachable' || code === 'protocol-error',
      cancelled: CANCELLED,
    },
    context,
  );
}

const badServer = (text: string) =>
  `"${plainText(text)}" is not the address of a server. It starts with https://.`;

/** `vpn.example.com` or `https://vpn.example.com/` → `https://vpn.example.com`; null for anything else. */
export function parseServer(text: string): string | null {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(withScheme)) return null;
  const url = new URL(withScheme);
  if (url.protocol !== 'https:' || url.hostname === '' || url.username !== '' || url.password !== '')
    return null;
  return url.origin + (url.pathname === '/' ? '' : url.pathname.replace(/\/+$/, ''));
}

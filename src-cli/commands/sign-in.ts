import type { ClientCore } from '../../src-client/core.ts';
import type { SignInStep } from '../../src-client/session/sign-in-steps.ts';
import { type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type { Asked, CodeQuestion } from '../ask/asker.ts';
import { countdownAfter } from '../ask/countdown.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { notSignedIn } from '../context/not-signed-in.ts';
import { withPortalStep } from '../context/unreachable.ts';
import { openControl } from '../control/control-client.ts';
import { plainText } from '../view/plain-text.ts';
import { fixed, problemWords, waitOf } from '../view/words.ts';
import { chooseOwnPassword } from './own-password.ts';
import { setUpFactor } from './set-up-factor.ts';

export interface SignInOptions {
  server: string | undefined;
  ca: string | undefined;
  email: string | undefined;
}

/** A user who gave up ends the command; anything else carries the answer. */
type Got<T> = { ok: true; value: T } | { ok: false; ending: Ending };

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
  const { keychain, account, connection } = core.snapshot();
  // Better before the password is typed than after.
  if (keychain === 'locked' || keychain === 'unavailable') return refused(notSignedIn(core.snapshot()));
  if (account && connection.phase !== 'signed-out')
    return refused(problem('wrong-state', fixed.signedInAlready(plainText(account.email))));

  const address = await serverAddress(options, account?.serverUrl, context);
  if (!address.ok) return address.ending;
  const serverUrl = address.value;
  const ca = options.ca ?? context.defaults.caFile;
  const caFile = ca === undefined ? {} : { caFile: ca };
  const info = await core.serverInfo(serverUrl, ca);
  if (!info.ok) return refused(info.problem);
  const serverName = plainText(info.value.name) || serverUrl;

  const email: Got<string> =
    options.email === undefined ? await ask(context, 'email') : { ok: true, value: options.email };
  if (!email.ok) return email.ending;
  const password = await ask(context, 'password');
  if (!password.ok) return password.ending;
  const credentials = { serverUrl, email: email.value.trim(), password: password.value, ...caFile };

  let step = await core.signIn(credentials);
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
  if (first.value.step === 'new-password') return chooseOwnPassword(first.value.passwordToken, core, context);
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
    const asked = taken(await context.asker.code(question, context.interrupts.signal), context);
    if (!asked.ok) return asked.ending;
    const { method, code } = asked.value;
    const result = await core.signInMfa(mfaToken, method, code);
    const told = { event: 'proof', method };
    if (result.ok) {
      context.output.event({ ...told, ok: true });
      const { value } = result;
      return value.step === 'new-password'
        ? chooseOwnPassword(value.passwordToken, core, context)
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

/** A user's answer, or the ending that follows from there being none. */
function taken<T>(asked: Asked<T>, { output }: CommandContext): Got<T> {
  if (asked.kind === 'answer') return { ok: true, value: asked.value };
  if (asked.kind === 'cancelled' && asked.by === 'end-of-input') {
    output.say('An answer is needed, and there is no more input to read one from.');
    return { ok: false, ending: exit('proof') };
  }
  return { ok: false, ending: refused(problem('cancelled', 'Cancelled. You are not signed in.')) };
}

async function ask(context: CommandContext, kind: 'email' | 'password'): Promise<Got<string>> {
  const message = kind === 'email' ? fixed.emailPrompt : fixed.passwordPrompt;
  const question = { kind, message, isSecret: kind === 'password' };
  return taken(await context.asker.text(question, context.interrupts.signal), context);
}

/** From option, environment, the last sign-in, or the user. Only `https` is taken: a password goes there. */
async function serverAddress(
  { server }: SignInOptions,
  known: string | undefined,
  context: CommandContext,
): Promise<Got<string>> {
  const given = server ?? context.defaults.serverUrl ?? known;
  if (given === undefined) {
    const check = (text: string) => (parseServer(text) === null ? badServer(text) : null);
    const question = { kind: 'server' as const, message: fixed.serverPrompt, isSecret: false, check };
    const asked = taken(await context.asker.text(question, context.interrupts.signal), context);
    return asked.ok ? { ok: true, value: parseServer(asked.value) ?? asked.value } : asked;
  }
  const parsed = parseServer(given);
  if (parsed !== null) return { ok: true, value: parsed };
  return { ok: false, ending: refused(problem('invalid-request', badServer(given))) };
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

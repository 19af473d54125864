import * as z from 'zod';
import { type AppSnapshot, language, theme } from './app-snapshot.ts';
import { deviceSummary, serverInfo } from './client-api.ts';
import { guardMode } from './guard.ts';
import { overlapSide } from './helper-rpc.ts';
import { codeMethod } from './otp-code.ts';
import { LONGEST_PASSWORD } from './password-rules.ts';
import { PIN_MAX_LENGTH } from './pin-rules.ts';
import { id } from './primitives.ts';
import { problemSchema } from './problem.ts';
import { levelAnswer, proofAnswer } from './unlock.ts';

/**
 * Renderer ↔ main: the one object from which main, preload and tests derive their ends. A command is an `invoke` on
 * `app:<name>` with one argument, parsed in main, answered with `{ok:true, value}` or `{ok:false, problem}`, parsed in
 * the preload. State comes back as whole snapshots on `app:snapshot`. Codes and passwords go one way only.
 */

const text = (max: number) => z.string().min(1).max(max);
const nothing = z.undefined();

/** What the user may change; every member optional. */
export const settingsPatch = z.strictObject({
  launchAtLogin: z.boolean().optional(),
  connectAtLaunch: z.boolean().optional(),
  theme: theme.optional(),
  language: language.optional(),
});
export type SettingsPatch = z.infer<typeof settingsPatch>;

/** What sign-in needs next. Tokens between the steps stay in main. */
export const signInStep = z.discriminatedUnion('step', [
  z.object({ step: z.literal('done') }),
  z.object({ step: z.literal('mfa'), methods: z.array(codeMethod) }),
  z.object({ step: z.literal('mfa-setup') }),
  z.object({ step: z.literal('new-password') }),
]);
export type SignInStepView = z.infer<typeof signInStep>;

/** A server before the first sign-in: what the user compares, and whether the helper trusts it already. */
export const serverView = serverInfo.extend({
  /** SHA-256 of the public key, grouped for reading. */
  fingerprint: z.string(),
  isTrusted: z.boolean(),
});

/** Pages that main opens in the system's browser; the renderer names one, never a URL. */
export const externalLinks = ['documentation', 'source-code', 'report-problem'] as const;

const command = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output });
const pin = text(PIN_MAX_LENGTH);
const code = z.strictObject({ method: codeMethod, code: text(64) });
const serverUrl = z.strictObject({ serverUrl: z.url({ protocol: /^https$/ }).max(300) });

export const appCommands = {
  'server.look-up': command(serverUrl, serverView),
  /** Asks the operating system for administrator rights, once, and has the helper trust the server's key. */
  'server.trust': command(serverUrl, nothing),
  /** A file dialog for the certificate authority of a server that has its own; null when cancelled. */
  'server.choose-ca': command(nothing, z.object({ fileName: z.string() }).nullable()),
  'session.sign-in': command(
    serverUrl.extend({ email: text(254), password: text(LONGEST_PASSWORD) }),
    signInStep,
  ),
  'session.sign-in-mfa': command(code, signInStep),
  /** In place of a temporary password, before there is a session. */
  'session.sign-in-new-password': command(z.strictObject({ password: text(LONGEST_PASSWORD) }), signInStep),
  /** Back to the password: what main kept of the sign-in is forgotten. */
  'session.sign-in-cancel': command(nothing, nothing),
  'session.sign-out': command(nothing, nothing),
  'mfa.set-up': command(nothing, z.object({ secret: z.string(), otpauthUri: z.string() })),
  'mfa.confirm': command(z.strictObject({ code: text(64) }), z.object({ backupCodes: z.array(z.string()) })),
  /** Saves the backup codes that were shown last, by a file dialog; false when cancelled. */
  'mfa.save-backup-codes': command(nothing, z.object({ isSaved: z.boolean() })),
  'connection.connect': command(z.strictObject({ gatewayId: id.optional() }), nothing),
  'connection.disconnect': command(nothing, nothing),
  'connection.cancel': command(nothing, nothing),
  'connection.renew': command(nothing, nothing),
  /** Everything that the challenge requires, in one go: a code, a PIN, or the word to ask the system. */
  'connection.submit-proof': command(
    z.strictObject({ answers: z.array(proofAnswer).min(1).max(2) }),
    nothing,
  ),
  /** Takes back the system's question; the gate stays. */
  'connection.cancel-prompt': command(nothing, nothing),
  /** `pin` is new or follows the one before; `proof` shows that the person may. */
  'unlock.set-pin': command(z.strictObject({ pin, proof: levelAnswer }), nothing),
  'unlock.remove-pin': command(nothing, nothing),
  'unlock.turn-on-biometrics': command(z.strictObject({ proof: levelAnswer }), nothing),
  'unlock.turn-off-biometrics': command(nothing, nothing),
  /** Tries a PIN or the system's prompt against the server without connecting. */
  'unlock.check': command(z.strictObject({ answer: proofAnswer }), nothing),
  /** Looks again at what this computer can ask. */
  'unlock.refresh': command(nothing, nothing),
  'devices.list': command(nothing, z.object({ devices: z.array(deviceSummary) })),
  'devices.remove': command(z.strictObject({ deviceId: id }), nothing),
  'connection.refresh': command(nothing, nothing),
  /** Whose the networks are that are both the team's and the network's here; remembered for this network. */
  'overlap.choose': command(z.strictObject({ side: overlapSide }), nothing),
  /** Measures the way to the gateways, where nothing is up; the figures come with a snapshot. */
  'gateways.measure': command(nothing, nothing),
  /** What this user wants held back beyond the team's word, kept by the helper. */
  'guard.choose': command(z.strictObject({ mode: guardMode }), nothing),
  'guard.open-portal': command(nothing, nothing),
  'guard.release': command(nothing, nothing),
  'settings.change': command(settingsPatch, nothing),
  'diagnostics.read': command(nothing, z.object({ text: z.string() })),
  'diagnostics.save': command(nothing, z.object({ isSaved: z.boolean() })),
  'clipboard.write': command(z.strictObject({ text: text(4096) }), nothing),
  'link.open': command(z.strictObject({ link: z.enum(externalLinks) }), nothing),
  'update.install': command(nothing, nothing),
  'window.hide': command(nothing, nothing),
  'app.quit': command(nothing, nothing),
} as const;

export type AppCommands = typeof appCommands;
export type AppCommandName = keyof AppCommands;
export type CommandInput<N extends AppCommandName> = z.input<AppCommands[N]['input']>;
export type CommandOutput<N extends AppCommandName> = z.output<AppCommands[N]['output']>;

/** How every command answers. */
export type AppAnswer<T> = { ok: true; value: T } | { ok: false; problem: z.infer<typeof problemSchema> };
export const answerOf = <T extends z.ZodType>(output: T) =>
  z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), value: output }),
    z.object({ ok: z.literal(false), problem: problemSchema }),
  ]);

export const SNAPSHOT_CHANNEL = 'app:snapshot';
/** The renderer asks for the present snapshot once; later ones come by themselves. */
export const SNAPSHOT_REQUEST_CHANNEL = 'app:snapshot-request';
export const channelOf = (name: AppCommandName): string => `app:${name}`;

/** What the preload puts on `window.postern`, frozen. */
export interface PosternBridge {
  invoke<N extends AppCommandName>(name: N, input: CommandInput<N>): Promise<AppAnswer<CommandOutput<N>>>;
  snapshot(): Promise<AppSnapshot>;
  /** Calls back with every later snapshot until the returned function is called. */
  onSnapshot(listener: (snapshot: AppSnapshot) => void): () => void;
}

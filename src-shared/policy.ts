import * as z from 'zod';
import { guardModes } from './guard-mode.ts';
import { unlockMethod } from './unlock.ts';

/** Where traffic goes while the gate waits after a server disconnect (`security.md`, Leaks). */
export const trafficWhileWaiting = z.enum(guardModes);

/** The rules of the team, as the server keeps them and the client shows them. Durations in seconds or hours by name. */
export const policySchema = z.object({
  /** *TOTP Prior Connection*: every connect and reconnect needs a one-time password. */
  totpPriorConnection: z.boolean().default(true),
  /** *PIN & Biometrics Prior Connection*: every connect and reconnect needs an unlock proof. */
  unlockPriorConnection: z.boolean().default(false),
  unlockMethods: z.array(unlockMethod).default(['pin', 'uv-hw', 'uv-soft']),
  /** How long after a level A or B proof a soft unlock (level D) counts. */
  softUnlockHours: z.number().int().min(0).max(168).default(12),
  /** With unlock alone, a code is asked for as well when the device's last one is older than this. 0 turns it off. */
  codeEveryDays: z.number().int().min(0).max(365).default(30),
  mfaRequired: z.object({ panel: z.boolean(), client: z.boolean() }).default({ panel: true, client: true }),
  /** A TOTP accepted at sign-in counts as the proof of the next connection for this long. 0 turns it off. */
  signInGraceSeconds: z.number().int().min(0).max(600).default(60),
  maxConnectionSeconds: z
    .number()
    .int()
    .min(60)
    .max(30 * 86_400)
    .default(86_400),
  /** A lease ends when the gateway saw no handshake for this long. WireGuard renews every 120 s. */
  idleSeconds: z.number().int().min(150).max(86_400).default(180),
  trafficWhileWaiting: trafficWhileWaiting.default('off'),
  /** While traffic is held back: printers and other things of the network that a computer is on stay reachable. */
  guardAllowLan: z.boolean().default(true),
  /** While traffic is held back: how long the sign-in page of a network may be opened. 0: never. */
  guardPortalMinutes: z.number().int().min(0).max(60).default(5),
  /** Whether a user may end the holding back of traffic; root of the computer always may. */
  guardUserMayRelease: z.boolean().default(false),
  /** A connection whose gateway is gone goes on at another one, until its own end, without a new proof. */
  moveWithoutCode: z.boolean().default(true),
});
export type Policy = z.infer<typeof policySchema>;

/** Whether any policy asks for a proof before a connection. */
export function isGated(policy: Policy): boolean {
  return policy.totpPriorConnection || policy.unlockPriorConnection;
}

/** What can be changed by itself: the two surfaces of MFA are rules of their own. */
export const policyRules = policySchema
  .keyof()
  .options.flatMap((key) =>
    key === 'mfaRequired' ? (['mfaRequired.panel', 'mfaRequired.client'] as const) : [key],
  );
export type PolicyRule = (typeof policyRules)[number];

/** The rules by which two policies differ. The methods are a set: their order says nothing. */
export function changedRules(one: Policy, other: Policy): ReadonlySet<PolicyRule> {
  const [before, after] = [ruleValues(one), ruleValues(other)];
  return new Set(policyRules.filter((rule) => before[rule] !== after[rule]));
}

/** Each rule as one value; two that are equal say the same. */
export function ruleValues(policy: Policy): Record<PolicyRule, string | number | boolean> {
  const { mfaRequired, unlockMethods, ...rest } = policy;
  return {
    ...rest,
    unlockMethods: unlockMethod.options.filter((method) => unlockMethods.includes(method)).join(),
    'mfaRequired.panel': mfaRequired.panel,
    'mfaRequired.client': mfaRequired.client,
  };
}

/** Said wherever a step-up disconnect is asked for and no gate policy is on. */
export const noGateWarning =
  'No gate policy is on: the client may reconnect by itself without a challenge. Turn on TOTP or PIN & Biometrics Prior Connection.';

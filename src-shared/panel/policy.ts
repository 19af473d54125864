import * as z from 'zod';
import { policySchema } from '../policy.ts';
import { id, isoTime } from '../primitives.ts';

/**
 * The team's rules, `/panel/v1`, administrators and owners:
 *
 * | call | request | answers |
 * |---|---|---|
 * | GET policy | – | 200 `policyAnswer` |
 * | POST policy/preview | `policyPreviewRequest` | 200 `policyPreview` |
 * | PUT policy | `savePolicyRequest` | 200 `policyAnswer` · 409 `policy-changed` + `policyChangedExtra` · 403 `guard-unsupported` + `guardUnsupportedExtra` · 409 `wrong-state` (no way to the server to keep open) |
 * | GET policy/exemptions | – | 200 `exemptionsAnswer` |
 * | DELETE policy/exemptions/{deviceId} | – | 200 `exemptionsAnswer` · 404 `device-not-found` |
 */

const { shape } = policySchema;

/** A whole policy: nothing may be left out, so that nothing falls back to a default unseen. */
export const policyInput = z
  .strictObject({
    totpPriorConnection: shape.totpPriorConnection.removeDefault(),
    unlockPriorConnection: shape.unlockPriorConnection.removeDefault(),
    unlockMethods: shape.unlockMethods.removeDefault().max(10),
    softUnlockHours: shape.softUnlockHours.removeDefault(),
    codeEveryDays: shape.codeEveryDays.removeDefault(),
    mfaRequired: z.strictObject({ panel: z.boolean(), client: z.boolean() }),
    signInGraceSeconds: shape.signInGraceSeconds.removeDefault(),
    maxConnectionSeconds: shape.maxConnectionSeconds.removeDefault(),
    idleSeconds: shape.idleSeconds.removeDefault(),
    trafficWhileWaiting: shape.trafficWhileWaiting.removeDefault(),
    guardAllowLan: shape.guardAllowLan.removeDefault(),
    guardPortalMinutes: shape.guardPortalMinutes.removeDefault(),
    guardUserMayRelease: shape.guardUserMayRelease.removeDefault(),
    moveWithoutCode: shape.moveWithoutCode.removeDefault(),
  })
  .refine((policy) => !policy.unlockPriorConnection || policy.unlockMethods.length > 0, {
    path: ['unlockMethods'],
    error: 'nobody could connect: allow at least one way of unlocking',
  });
export type PolicyInput = z.infer<typeof policyInput>;

export const policyAnswer = z.object({
  policy: policySchema,
  /** 0 until somebody has saved one; each save adds one. */
  version: z.number().int(),
  updatedAt: isoTime.nullable(),
  /** Whose save it was, in words for a person; null for the defaults. */
  updatedBy: z.string().nullable(),
});
export type PolicyAnswer = z.infer<typeof policyAnswer>;

export const policyPreviewRequest = z.strictObject({ policy: policyInput });

/** A device whose helper cannot hold traffic back. `helperVersion`: null where it never told. */
export const unguardedDevice = z.object({
  id,
  name: z.string(),
  platform: z.string(),
  memberName: z.string(),
  helperVersion: z.string().nullable(),
});
export type UnguardedDevice = z.infer<typeof unguardedDevice>;

/** May connect although they cannot hold traffic back, by member and name. */
export const exemptionsAnswer = z.object({ devices: z.array(unguardedDevice) });

/** What saving would do now. Counts are of members. */
export const policyPreview = z.object({
  /** Have a tunnel now. */
  connected: z.number().int(),
  /** Of them: lose it by the save. */
  affected: z.number().int(),
  /** Of the affected, what they are asked for when they come back: a code, a PIN or biometrics, or both. */
  askedForCode: z.number().int(),
  askedForUnlock: z.number().int(),
  /** Of the affected: must set up a PIN or biometrics first. */
  mustSetUpUnlock: z.number().int(),
  /** Of the connected: keep their tunnel for less long than they were told. */
  endSooner: z.number().int(),
  /** May sign in, have no authenticator, and are newly led through set-up at their next sign-in. */
  mustSetUpMfa: z.number().int(),
  isTightened: z.boolean(),
  /** Neither gate policy would be on: `noGateWarning`. */
  isGateOff: z.boolean(),
  /** Devices in use; of them, where traffic would have to be held back, those that cannot and are not exempt. */
  devices: z.number().int(),
  cannotGuard: z.array(unguardedDevice),
});
export type PolicyPreview = z.infer<typeof policyPreview>;

/**
 * `version` is that of the policy which was shown when editing began. A policy that loosens a rule needs a step-up
 * (`session.ts`); one that turns both gates off needs the team's name besides.
 */
export const savePolicyRequest = z.strictObject({
  policy: policyInput,
  version: z.number().int().min(0),
  /** Of those that cannot hold traffic back: may connect all the same, until they can. */
  exemptDevices: z.array(id).max(10_000).optional(),
  teamName: z.string().max(1000).optional(),
});

/** With `policy-changed`: what another administrator has saved meanwhile. Nothing of the request was saved. */
export const policyChangedExtra = z.object({ current: policyAnswer });

/** With `guard-unsupported`: the devices that cannot and were not listed. Nothing was saved. */
export const guardUnsupportedExtra = z.object({ devices: z.array(unguardedDevice) });

import type { Challenge, Requirement } from '../../../src-shared/challenge.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import {
  type EnrolledUnlock,
  PIN_ATTEMPTS,
  pinWaitsMs,
  type UnlockMethod,
} from '../../../src-shared/unlock.ts';
import type { DeviceRow } from '../../db/schema.ts';

/** What decides about unlocking, as columns of the device. */
export const unlockColumns = [
  'pin_salt',
  'pin_verifier',
  'pin_failures',
  'pin_wait_until',
  'soft_public_key',
  'hardware_credential_id',
  'hardware_public_key',
  'hardware_counter',
  'proof_counter',
  'soft_base_at',
  'code_proof_at',
  'is_code_demanded',
] as const satisfies readonly (keyof DeviceRow)[];
type UnlockState = Pick<DeviceRow, (typeof unlockColumns)[number]>;
/** With the grace of a sign-in, which stands in for a code. */
type GateState = UnlockState & Pick<DeviceRow, 'epoch' | 'grace_until' | 'grace_epoch'>;

export const noPin = { pin_salt: null, pin_verifier: null, pin_failures: 0, pin_wait_until: 0 } as const;
export const noHardware = {
  hardware_credential_id: null,
  hardware_public_key: null,
  hardware_counter: 0,
} as const;
export const noSoft = { soft_public_key: null } as const;

/** What a new device starts with. */
export const newUnlockState = {
  ...noPin,
  ...noHardware,
  ...noSoft,
  proof_counter: 0,
  soft_base_at: 0,
  code_proof_at: 0,
  is_code_demanded: 0,
} as const satisfies UnlockState;

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A time this far ahead was written by a clock that has been set back since: it counts for nothing. */
const CLOCK_SLACK_MS = 5 * 60_000;

export function enrolledOf(device: UnlockState): EnrolledUnlock {
  return {
    pin: device.pin_verifier !== null,
    uvHw: device.hardware_credential_id !== null,
    uvSoft: device.soft_public_key !== null,
  };
}

/** What is set up on the device and allowed by the policy, whether or not it counts now. */
export function enrolledMethods(device: UnlockState, policy: Policy): UnlockMethod[] {
  const { pin, uvHw, uvSoft } = enrolledOf(device);
  const isEnrolled = { pin, 'uv-hw': uvHw, 'uv-soft': uvSoft };
  return policy.unlockMethods.filter((method) => isEnrolled[method]);
}

export interface Needs {
  requires: Requirement[];
  /** Those that would be taken now. Empty although `requires` names `unlock`: nothing that counts is set up. */
  unlockMethods: UnlockMethod[];
  /** The code of the sign-in stands in for the one that would be required. */
  isGraceUsed: boolean;
}

/**
 * What a connect of this device has to prove now. A code is asked for by policy, after too many wrong PINs, when the
 * last one is too old, and when a soft unlock is all there is and its window is over: in the same request it opens it.
 */
export function needsOf(device: GateState, policy: Policy, now: number): Needs {
  const hasGrace = isGraceOpen(device, policy, now);
  if (!policy.unlockPriorConnection) return listed(policy.totpPriorConnection, hasGrace, null);
  const enrolled = enrolledMethods(device, policy);
  const isCodeDue =
    policy.totpPriorConnection ||
    device.is_code_demanded === 1 ||
    (policy.codeEveryDays > 0 && !isWithin(device.code_proof_at, policy.codeEveryDays * DAY_MS, now));
  const isSoftOpen = isCodeDue || isWithin(device.soft_base_at, policy.softUnlockHours * HOUR_MS, now);
  const open = enrolled.filter((method) => method !== 'uv-soft' || isSoftOpen);
  const isOnlySoft = open.length === 0 && enrolled.length > 0;
  return listed(isCodeDue || isOnlySoft, hasGrace, isOnlySoft ? enrolled : open);
}

/** `unlockMethods` is null where no unlock is asked for. */
function listed(isCodeDue: boolean, hasGrace: boolean, unlockMethods: UnlockMethod[] | null): Needs {
  const isGraceUsed = isCodeDue && hasGrace;
  const requires: Requirement[] = [];
  if (isCodeDue && !isGraceUsed) requires.push('totp');
  if (unlockMethods !== null) requires.push('unlock');
  return { requires, unlockMethods: unlockMethods ?? [], isGraceUsed };
}

/** The code of a sign-in or a set-up, in this epoch; a clock that was set back makes no grace longer. */
function isGraceOpen(device: GateState, policy: Policy, now: number): boolean {
  const leftMs = device.grace_until - now;
  return device.grace_epoch === device.epoch && leftMs > 0 && leftMs <= policy.signInGraceSeconds * 1000;
}

/** Whether `since` (0: never) lies less than `lifeMs` back. */
function isWithin(since: number, lifeMs: number, now: number): boolean {
  return since > 0 && since <= now + CLOCK_SLACK_MS && now - since < lifeMs;
}

/** When a PIN is taken again; a clock that was set back makes nobody wait longer than the longest wait. */
export function pinWaitUntil(device: UnlockState, now: number): number {
  return Math.min(device.pin_wait_until, now + Math.max(...pinWaitsMs));
}

/** What a client needs to answer with one of these methods: the `unlock` member of a challenge. */
export function unlockDetails(
  device: UnlockState,
  methods: readonly UnlockMethod[],
  now: number,
): Pick<Challenge, 'unlock'> {
  const { pin_salt: salt, hardware_credential_id: credentialId } = device;
  const waitUntil = pinWaitUntil(device, now);
  const pin =
    methods.includes('pin') && salt !== null
      ? {
          pin: {
            salt,
            attemptsLeft: PIN_ATTEMPTS - device.pin_failures,
            waitUntil: waitUntil > now ? new Date(waitUntil).toISOString() : null,
          },
        }
      : {};
  const uvHw = methods.includes('uv-hw') && credentialId !== null ? { uvHw: { credentialId } } : {};
  return methods.length > 0 ? { unlock: { ...pin, ...uvHw } } : {};
}

import { isStricter } from '../guard-mode.ts';
import { type Policy, type PolicyRule, policyRules } from '../policy.ts';

type RuleOf<T> = { [K in keyof Policy]: Policy[K] extends T ? K : never }[keyof Policy];
type IsWeaker = (before: Policy, after: Policy) => boolean;

const turnedOff =
  (rule: RuleOf<boolean>): IsWeaker =>
  (before, after) =>
    before[rule] && !after[rule];
const turnedOn =
  (rule: RuleOf<boolean>): IsWeaker =>
  (before, after) =>
    !before[rule] && after[rule];
const longer =
  (rule: RuleOf<number>): IsWeaker =>
  (before, after) =>
    after[rule] > before[rule];

/** What makes each rule weaker: fewer proofs, proofs that last longer or come from more ways, less that is held back. */
const isWeaker: Record<PolicyRule, IsWeaker> = {
  totpPriorConnection: turnedOff('totpPriorConnection'),
  unlockPriorConnection: turnedOff('unlockPriorConnection'),
  unlockMethods: (before, after) =>
    after.unlockMethods.some((method) => !before.unlockMethods.includes(method)),
  softUnlockHours: longer('softUnlockHours'),
  codeEveryDays: (before, after) => daysOf(after) > daysOf(before),
  'mfaRequired.panel': (before, after) => before.mfaRequired.panel && !after.mfaRequired.panel,
  'mfaRequired.client': (before, after) => before.mfaRequired.client && !after.mfaRequired.client,
  signInGraceSeconds: longer('signInGraceSeconds'),
  maxConnectionSeconds: longer('maxConnectionSeconds'),
  idleSeconds: longer('idleSeconds'),
  trafficWhileWaiting: (before, after) => isStricter(before.trafficWhileWaiting, after.trafficWhileWaiting),
  guardAllowLan: turnedOn('guardAllowLan'),
  guardPortalMinutes: longer('guardPortalMinutes'),
  guardUserMayRelease: turnedOn('guardUserMayRelease'),
  moveWithoutCode: turnedOn('moveWithoutCode'),
};

/** 0: a code is never asked for by its age. */
const daysOf = ({ codeEveryDays }: Policy): number =>
  codeEveryDays === 0 ? Number.POSITIVE_INFINITY : codeEveryDays;

/**
 * The rules that ask for less under `after`. Each is compared by itself, also one that another rule leaves without effect
 * for now: what is stricter elsewhere makes up for nothing.
 */
export function loosenedRules(before: Policy, after: Policy): PolicyRule[] {
  return policyRules.filter((rule) => isWeaker[rule](before, after));
}

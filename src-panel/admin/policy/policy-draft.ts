import type { PolicyInput } from '../../../src-shared/panel/policy.ts';
import { wholeNumber } from '../parts/lists.ts';
import { spanOf, UNIT_SECONDS, type Unit } from './rules.ts';

export const SOFT_HOURS = { least: 0, most: 168 } as const;
export const CODE_DAYS = { least: 0, most: 365 } as const;
export const PORTAL_MINUTES = { least: 0, most: 60 } as const;
const CONNECTION_SECONDS = { least: 60, most: 30 * 86_400 } as const;

/** The form: numbers as they are typed, everything else as it is sent. */
export interface PolicyDraft {
  policy: PolicyInput;
  softHours: string;
  codeDays: string;
  portalMinutes: string;
  longest: string;
  unit: Unit;
}

export function draftOf(policy: PolicyInput): PolicyDraft {
  const { value, unit } = spanOf(policy.maxConnectionSeconds);
  return {
    policy,
    softHours: String(policy.softUnlockHours),
    codeDays: String(policy.codeEveryDays),
    portalMinutes: String(policy.guardPortalMinutes),
    longest: String(value),
    unit,
  };
}

export interface DraftErrors {
  softHours: boolean;
  codeDays: boolean;
  portalMinutes: boolean;
  longest: boolean;
  methods: boolean;
}

/** The policy that the form says; null, with what is wrong, while it says none. */
export function readDraft(draft: PolicyDraft): { policy: PolicyInput | null; errors: DraftErrors } {
  const softUnlockHours = wholeNumber(draft.softHours, SOFT_HOURS.least, SOFT_HOURS.most);
  const codeEveryDays = wholeNumber(draft.codeDays, CODE_DAYS.least, CODE_DAYS.most);
  const portal = wholeNumber(draft.portalMinutes, PORTAL_MINUTES.least, PORTAL_MINUTES.most);
  const isHeldBack = draft.policy.trafficWhileWaiting !== 'off';
  // What is not on screen cannot be corrected.
  const guardPortalMinutes = portal ?? (isHeldBack ? null : draft.policy.guardPortalMinutes);
  const count = wholeNumber(draft.longest, 1, CONNECTION_SECONDS.most);
  const seconds = count === null ? null : count * UNIT_SECONDS[draft.unit];
  const { least, most } = CONNECTION_SECONDS;
  const maxConnectionSeconds = seconds !== null && seconds >= least && seconds <= most ? seconds : null;
  const { unlockPriorConnection, unlockMethods } = draft.policy;
  const errors = {
    softHours: softUnlockHours === null,
    codeDays: codeEveryDays === null,
    portalMinutes: guardPortalMinutes === null,
    longest: maxConnectionSeconds === null,
    methods: unlockPriorConnection && unlockMethods.length === 0,
  };
  if (
    softUnlockHours === null ||
    codeEveryDays === null ||
    guardPortalMinutes === null ||
    maxConnectionSeconds === null ||
    errors.methods
  )
    return { policy: null, errors };
  const numbers = { softUnlockHours, codeEveryDays, guardPortalMinutes, maxConnectionSeconds };
  return { policy: { ...draft.policy, ...numbers }, errors };
}

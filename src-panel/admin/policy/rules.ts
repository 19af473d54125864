import type { PolicyInput } from '../../../src-shared/panel/policy.ts';
import { changedRules, type PolicyRule } from '../../../src-shared/policy.ts';
import { unlockMethod } from '../../../src-shared/unlock.ts';
import type { AdminWords } from '../strings/en.ts';

type Words = AdminWords['policy'];

/** One rule of the policy: how to read it, and how to take it over from another policy. */
export interface Rule {
  key: PolicyRule;
  name: (words: Words) => string;
  text: (policy: PolicyInput, words: Words) => string;
  take: (from: PolicyInput, to: PolicyInput) => PolicyInput;
}

const onOff = (isOn: boolean, words: Words) => (isOn ? words.on : words.off);

function rule<K extends keyof PolicyInput & PolicyRule>(
  key: K,
  name: Rule['name'],
  text: (value: PolicyInput[K], words: Words) => string,
): Rule {
  return {
    key,
    name,
    text: (policy, words) => text(policy[key], words),
    take: (from, to) => ({ ...to, [key]: from[key] }),
  };
}

function mfaRule(surface: 'panel' | 'client', name: Rule['name']): Rule {
  return {
    key: `mfaRequired.${surface}`,
    name,
    text: ({ mfaRequired }, words) => onOff(mfaRequired[surface], words),
    take: (from, to) => ({
      ...to,
      mfaRequired: { ...to.mfaRequired, [surface]: from.mfaRequired[surface] },
    }),
  };
}

/** Every rule, in the order of the page. */
export const rules: readonly Rule[] = [
  mfaRule('panel', (words) => words.mfaPanel),
  mfaRule('client', (words) => words.mfaClient),
  rule('totpPriorConnection', (words) => words.totp, onOff),
  rule('unlockPriorConnection', (words) => words.unlock, onOff),
  rule(
    'unlockMethods',
    (words) => words.methods,
    (methods, words) =>
      unlockMethod.options
        .filter((method) => methods.includes(method))
        .map((method) => words.method[method].name)
        .join(', ') || '–',
  ),
  rule(
    'softUnlockHours',
    (words) => words.softHours,
    (hours, words) => words.hours(hours),
  ),
  rule(
    'codeEveryDays',
    (words) => words.codeDays,
    (days, words) => words.days(days),
  ),
  rule('maxConnectionSeconds', (words) => words.longest, spanText),
  rule(
    'trafficWhileWaiting',
    (words) => words.traffic,
    (mode, words) => words.modes[mode].name,
  ),
  rule('guardAllowLan', (words) => words.allowLan, onOff),
  rule(
    'guardPortalMinutes',
    (words) => words.portal,
    (minutes, words) => words.minutes(minutes),
  ),
  rule('guardUserMayRelease', (words) => words.userMayRelease, onOff),
  rule(
    'signInGraceSeconds',
    (words) => words.graceSeconds,
    (seconds, words) => words.seconds(seconds),
  ),
  rule(
    'idleSeconds',
    (words) => words.idleSeconds,
    (seconds, words) => words.seconds(seconds),
  ),
  rule('moveWithoutCode', (words) => words.move, onOff),
];

/** Rules by which two policies differ, in the order of the page. */
export function differing(one: PolicyInput, other: PolicyInput): readonly Rule[] {
  const changed = changedRules(one, other);
  return rules.filter(({ key }) => changed.has(key));
}

/**
 * What `mine` and `theirs` become together, both begun from `base`: what only one side changed is taken over; where
 * both did, `choices` says whose it is, and mine until then.
 */
export function merge(
  { base, mine, theirs }: { base: PolicyInput; mine: PolicyInput; theirs: PolicyInput },
  choices: Readonly<Record<string, 'mine' | 'theirs'>>,
): PolicyInput {
  const changed = changedRules(base, mine);
  return rules.reduce((policy, { key, take }) => {
    const whose = choices[key] ?? (changed.has(key) ? 'mine' : 'theirs');
    return whose === 'mine' ? take(mine, policy) : policy;
  }, theirs);
}

export const UNIT_SECONDS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const;
export type Unit = keyof typeof UNIT_SECONDS;

/** Seconds as a whole number of the largest unit that fits; a day and less is said in hours. */
export function spanOf(seconds: number): { value: number; unit: Unit } {
  const unit = (['days', 'hours', 'minutes'] as const).find(
    (each) => seconds % UNIT_SECONDS[each] === 0 && (each !== 'days' || seconds > UNIT_SECONDS.days),
  );
  return { value: seconds / UNIT_SECONDS[unit ?? 'seconds'], unit: unit ?? 'seconds' };
}

function spanText(seconds: number, words: Words): string {
  const { value, unit } = spanOf(seconds);
  return words[unit](value);
}

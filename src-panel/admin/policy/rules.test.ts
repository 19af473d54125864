import { expect, test } from 'vitest';
import { changedRules, policySchema } from '../../../src-shared/policy.ts';
import { en } from '../strings/en.ts';
import { differing, merge, rules, spanOf } from './rules.ts';

const words = en.policy;
const base = policySchema.parse({});

test('what only the other side changed is taken over, and what only I changed stays mine', () => {
  const theirs = { ...base, softUnlockHours: 4 };
  const mine = { ...base, mfaRequired: { panel: true, client: false } };
  const merged = merge({ base, mine, theirs }, {});
  expect(merged).toEqual({ ...base, softUnlockHours: 4, mfaRequired: { panel: true, client: false } });
});

test('where both changed a rule the choice decides, and mine stands until there is one', () => {
  const theirs = { ...base, codeEveryDays: 7 };
  const mine = { ...base, codeEveryDays: 14 };
  expect(merge({ base, mine, theirs }, {}).codeEveryDays).toBe(14);
  expect(merge({ base, mine, theirs }, { codeEveryDays: 'theirs' }).codeEveryDays).toBe(7);
});

test('the two surfaces of MFA are rules of their own', () => {
  const theirs = { ...base, mfaRequired: { panel: false, client: true } };
  const mine = { ...base, mfaRequired: { panel: true, client: false } };
  expect(merge({ base, mine, theirs }, {}).mfaRequired).toEqual({ panel: false, client: false });
});

test('every rule of a policy can be told apart and taken over', () => {
  const other = policySchema.parse({
    totpPriorConnection: false,
    unlockPriorConnection: true,
    unlockMethods: ['pin'],
    softUnlockHours: 1,
    codeEveryDays: 2,
    mfaRequired: { panel: false, client: false },
    signInGraceSeconds: 5,
    maxConnectionSeconds: 3600,
    idleSeconds: 500,
    trafficWhileWaiting: 'gate',
    guardAllowLan: false,
    guardPortalMinutes: 0,
    guardUserMayRelease: true,
    moveWithoutCode: false,
  });
  expect(differing(base, other)).toEqual(rules);
  expect(changedRules(base, other).size).toBe(rules.length);
  expect(rules.reduce((policy, rule) => rule.take(other, policy), base)).toEqual(other);
});

test('two values that one sentence tells alike are still two, and neither is lost in a merge', () => {
  const terse = { ...words, hours: () => 'some hours' };
  const mine = { ...base, softUnlockHours: base.softUnlockHours + 1 };
  const soft = rules.filter(({ key }) => key === 'softUnlockHours');
  expect(soft.map(({ text }) => text(mine, terse))).toEqual(soft.map(({ text }) => text(base, terse)));
  expect(differing(base, mine)).toEqual(soft);
  expect(merge({ base, mine, theirs: base }, {})).toEqual(mine);
});

test('the order of the methods is no difference, a method more is one', () => {
  const [one, other] = [['pin', 'uv-hw'] as const, ['uv-hw', 'pin'] as const];
  const turned = changedRules({ ...base, unlockMethods: [...one] }, { ...base, unlockMethods: [...other] });
  expect([...turned]).toEqual([]);
  expect([...changedRules(base, { ...base, unlockMethods: [...one] })]).toEqual(['unlockMethods']);
});

test('spans are told in the largest unit that fits', () => {
  expect(spanOf(86_400)).toEqual({ value: 24, unit: 'hours' });
  expect(spanOf(172_800)).toEqual({ value: 2, unit: 'days' });
  expect(spanOf(90)).toEqual({ value: 90, unit: 'seconds' });
  expect(spanOf(5400)).toEqual({ value: 90, unit: 'minutes' });
});

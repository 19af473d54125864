import { expect, test } from 'vitest';
import { type Policy, policyRules, policySchema } from '../policy.ts';
import { loosenedRules } from './loosened-rules.ts';

/** For each rule a strict value and a weak one. */
const pairs: Record<string, [Partial<Policy>, Partial<Policy>]> = {
  totpPriorConnection: [{ totpPriorConnection: true }, { totpPriorConnection: false }],
  unlockPriorConnection: [{ unlockPriorConnection: true }, { unlockPriorConnection: false }],
  unlockMethods: [{ unlockMethods: ['uv-hw'] }, { unlockMethods: ['pin', 'uv-hw'] }],
  softUnlockHours: [{ softUnlockHours: 0 }, { softUnlockHours: 1 }],
  codeEveryDays: [{ codeEveryDays: 365 }, { codeEveryDays: 0 }],
  'mfaRequired.panel': [
    { mfaRequired: { panel: true, client: true } },
    { mfaRequired: { panel: false, client: true } },
  ],
  'mfaRequired.client': [
    { mfaRequired: { panel: true, client: true } },
    { mfaRequired: { panel: true, client: false } },
  ],
  signInGraceSeconds: [{ signInGraceSeconds: 0 }, { signInGraceSeconds: 1 }],
  maxConnectionSeconds: [{ maxConnectionSeconds: 60 }, { maxConnectionSeconds: 61 }],
  idleSeconds: [{ idleSeconds: 150 }, { idleSeconds: 151 }],
  trafficWhileWaiting: [{ trafficWhileWaiting: 'always' }, { trafficWhileWaiting: 'gate' }],
  guardAllowLan: [{ guardAllowLan: false }, { guardAllowLan: true }],
  guardPortalMinutes: [{ guardPortalMinutes: 0 }, { guardPortalMinutes: 1 }],
  guardUserMayRelease: [{ guardUserMayRelease: false }, { guardUserMayRelease: true }],
  moveWithoutCode: [{ moveWithoutCode: false }, { moveWithoutCode: true }],
};
const policy = (change: Partial<Policy>): Policy => ({ ...policySchema.parse({}), ...change });

test('each rule is weaker one way only', () => {
  expect(Object.keys(pairs).sort()).toEqual([...policyRules].sort());
  for (const [rule, [strict, weak]] of Object.entries(pairs)) {
    expect(loosenedRules(policy(strict), policy(weak))).toEqual([rule]);
    expect(loosenedRules(policy(weak), policy(strict))).toEqual([]);
    expect(loosenedRules(policy(weak), policy(weak))).toEqual([]);
  }
});

test('what is stricter elsewhere makes up for nothing, and the order of the ways says nothing', () => {
  const before = policy({ unlockMethods: ['pin', 'uv-hw'] });
  expect(loosenedRules(before, policy({ unlockMethods: ['uv-hw', 'pin'] }))).toEqual([]);
  const mixed = policy({ unlockMethods: ['uv-soft'], maxConnectionSeconds: 60, idleSeconds: 600 });
  expect(loosenedRules(before, mixed)).toEqual(['unlockMethods', 'idleSeconds']);
  expect(loosenedRules(policy({ codeEveryDays: 0 }), policy({ codeEveryDays: 30 }))).toEqual([]);
  expect(
    loosenedRules(policy({ trafficWhileWaiting: 'gate' }), policy({ trafficWhileWaiting: 'off' })),
  ).toEqual(['trafficWhileWaiting']);
});

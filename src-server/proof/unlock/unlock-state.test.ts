import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Policy, policySchema } from '../../../src-shared/policy.ts';
import { needsOf, newUnlockState } from './unlock-state.ts';

const NOW = 1_800_000_000_000;
const time = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -400 * 86_400_000, max: 86_400_000 }).map((ago) => NOW + ago),
);
const flag = fc.constantFrom(0 as const, 1 as const);
const device = fc.record({
  pin_verifier: fc.option(fc.constant('v')),
  hardware_credential_id: fc.option(fc.constant('c')),
  soft_public_key: fc.option(fc.constant('k')),
  soft_base_at: time,
  code_proof_at: time,
  is_code_demanded: flag,
  epoch: fc.constantFrom(0, 1),
  grace_epoch: fc.constantFrom(-1, 0, 1),
  grace_until: time,
});
const policy: fc.Arbitrary<Policy> = fc
  .record({
    totpPriorConnection: fc.boolean(),
    unlockPriorConnection: fc.boolean(),
    unlockMethods: fc.subarray(['pin', 'uv-hw', 'uv-soft'] as const),
    softUnlockHours: fc.integer({ min: 0, max: 168 }),
    codeEveryDays: fc.integer({ min: 0, max: 365 }),
    signInGraceSeconds: fc.constantFrom(0, 60),
  })
  .map((change) => policySchema.parse(change));

type DeviceOf = Parameters<typeof needsOf>[0];

/** Many devices under many policies; `check` gets what would be asked. */
function always(check: (needs: ReturnType<typeof needsOf>, on: DeviceOf, rules: Policy) => void): void {
  fc.assert(
    fc.property(device, policy, (change, rules) => {
      const on = { ...newUnlockState, ...change };
      check(needsOf(on, rules, NOW), on, rules);
    }),
    { numRuns: 2_000 },
  );
}
describe('what a connect has to prove', () => {
  it('asks for an unlock whenever the policy says so, and only then', () => {
    always(({ requires }, _, rules) => {
      expect(requires.includes('unlock')).toBe(rules.unlockPriorConnection);
    });
  });

  it('asks for a code whenever the policy says so, unless one was given a moment ago', () => {
    always(({ requires, isGraceUsed }, _, rules) => {
      if (rules.totpPriorConnection) expect(requires.includes('totp')).toBe(!isGraceUsed);
      if (!rules.totpPriorConnection && !rules.unlockPriorConnection) expect(requires).toEqual([]);
    });
  });

  it('offers nothing that is not set up or not allowed', () => {
    always(({ unlockMethods }, on, rules) => {
      for (const method of unlockMethods) expect(rules.unlockMethods).toContain(method);
      if (on.pin_verifier === null) expect(unlockMethods).not.toContain('pin');
      if (on.hardware_credential_id === null) expect(unlockMethods).not.toContain('uv-hw');
      if (on.soft_public_key === null) expect(unlockMethods).not.toContain('uv-soft');
    });
  });

  it('never takes a soft unlock without a code within its hours', () => {
    always(({ requires, unlockMethods, isGraceUsed }, on, rules) => {
      if (!unlockMethods.includes('uv-soft') || requires.includes('totp') || isGraceUsed) return;
      expect(on.soft_base_at).toBeGreaterThan(0);
      expect(NOW - on.soft_base_at).toBeLessThan(rules.softUnlockHours * 3_600_000);
    });
  });

  it('after too many wrong PINs always wants a code', () => {
    always(({ requires, isGraceUsed }, on, rules) => {
      if (on.is_code_demanded === 1 && rules.unlockPriorConnection)
        expect(requires.includes('totp') || isGraceUsed).toBe(true);
    });
  });

  it('uses a grace only in its own epoch and for no longer than the policy gives', () => {
    always(({ isGraceUsed }, on, rules) => {
      if (!isGraceUsed) return;
      expect(on.grace_epoch).toBe(on.epoch);
      expect(on.grace_until - NOW).toBeLessThanOrEqual(rules.signInGraceSeconds * 1000);
    });
  });
});

import { expect, test } from 'vitest';
import type { Challenge } from '../../../src-shared/challenge.ts';
import { policySchema } from '../../../src-shared/policy.ts';
import type { UnlockMethod, UnlockObstacle, UnlockProviderState } from '../../../src-shared/unlock.ts';
import { en } from '../../strings/en.ts';
import { obstacleOf, type UnlockFacts, unlockWays, whyText } from './ways.ts';

const policy = policySchema.parse({ unlockPriorConnection: true });
const challenge = (
  unlockMethods: UnlockMethod[],
  requires: Challenge['requires'] = ['unlock'],
): Challenge => ({
  id: '0198a000-0000-7000-8000-000000000007',
  nonce: 'bm9uY2U',
  requires,
  unlockMethods,
  reason: null,
  expiresAt: '2026-03-04T12:00:00Z',
});
const polkit = (obstacle: UnlockObstacle | null = null): UnlockProviderState => ({
  kind: 'polkit',
  method: 'uv-soft',
  obstacle,
});
const facts = (change: Partial<UnlockFacts> = {}): UnlockFacts => ({
  enrolled: { pin: true, uvHw: false, uvSoft: true },
  providers: [polkit()],
  policy,
  ...change,
});
const whys = (asked: Challenge, known: UnlockFacts) => unlockWays(asked, known).map(({ why }) => why);

test('only what the challenge names is open, biometrics first', () => {
  expect(unlockWays(challenge(['pin', 'uv-soft']), facts())).toEqual([
    { way: 'biometrics', method: 'uv-soft', why: null },
    { way: 'pin', method: 'pin', why: null },
  ]);
});

test('a code-only challenge asks for neither', () => {
  expect(whys(challenge([], ['totp']), facts())).toEqual(['not-asked', 'not-asked']);
});

test('each closed way has its own reason', () => {
  const nothing = { pin: false, uvHw: false, uvSoft: false };
  expect(whys(challenge(['pin']), facts())[0]).toBe('code-first');
  expect(whys(challenge(['pin'], ['totp', 'unlock']), facts())[0]).toBe('not-now');
  expect(whys(challenge([]), facts({ enrolled: nothing }))).toEqual(['not-set-up', 'not-set-up']);
  expect(whys(challenge(['pin']), facts({ policy: { ...policy, unlockMethods: ['pin'] } }))[0]).toBe(
    'not-allowed',
  );
  expect(whys(challenge(['uv-soft']), facts({ policy: { ...policy, unlockMethods: ['uv-soft'] } }))[1]).toBe(
    'not-allowed',
  );
});

test('a method that the server would take but this computer cannot ask for is closed by its obstacle', () => {
  const [biometrics] = unlockWays(challenge(['uv-soft']), facts({ providers: [polkit('not-at-screen')] }));
  expect(biometrics.why).toEqual({ obstacle: 'not-at-screen' });
  expect(biometrics.why && whyText(biometrics.why, en)).toBe('This is not the session at the screen');
});

test('the obstacle that can be done something about is told before what is simply not here', () => {
  const touchId: UnlockProviderState = { kind: 'touch-id', method: 'uv-soft', obstacle: 'no-hardware' };
  const webauthn: UnlockProviderState = { kind: 'webauthn', method: 'uv-hw', obstacle: 'not-here' };
  expect(obstacleOf([webauthn, touchId])).toBe('no-hardware');
  expect(obstacleOf([])).toBe('not-here');
  expect(obstacleOf([webauthn, polkit()])).toBeNull();
});

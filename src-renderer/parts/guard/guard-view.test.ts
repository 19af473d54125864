import { expect, test } from 'vitest';
import { isStricter } from '../../../src-shared/guard-mode.ts';
import { problem } from '../../../src-shared/problem.ts';
import { guard } from '../../harness/scenarios.ts';
import { en } from '../../strings/en.ts';
import { heldTitle, heldWhy } from './guard-view.ts';

test('what is held back is named, a failure before everything else, and nothing is nothing', () => {
  expect(heldTitle(guard(), en)).toBeNull();
  expect(heldTitle(guard({ mode: 'gate', holds: 'team' }), en)).toBe(
    'Team networks are closed until you confirm',
  );
  expect(heldTitle(guard({ mode: 'always', holds: 'all' }), en)).toBe('Only Postern can reach the network');
  expect(heldTitle(guard({ mode: 'gate', failed: problem('guard-failed') }), en)).toBe(
    'Blocking failed: traffic may be leaking',
  );
});

test('the user’s own word is told apart from the team’s and from another user’s', () => {
  expect(heldWhy(guard({ mode: 'gate', source: 'team', own: 'gate' }), en)).toBe(en.guard.why.team);
  expect(heldWhy(guard({ mode: 'always', source: 'user', own: 'always' }), en)).toBe(en.guard.why.user);
  expect(heldWhy(guard({ mode: 'always', source: 'user', own: 'gate' }), en)).toBe(en.guard.why.other);
});

test('always is stricter than gate, and gate than off', () => {
  expect(isStricter('always', 'gate') && isStricter('gate', 'off')).toBe(true);
  expect(isStricter('gate', 'gate') || isStricter('off', 'always')).toBe(false);
});

import { expect, test } from 'vitest';
import { policySchema } from '../../../src-shared/policy.ts';
import { draftOf, readDraft } from './policy-draft.ts';

const policy = policySchema.parse({ trafficWhileWaiting: 'gate', guardPortalMinutes: 7 });

test('a form that was not touched says the policy that it began from', () => {
  expect(readDraft(draftOf(policy)).policy).toEqual(policy);
});

test('minutes of a sign-in page are whole and at most an hour', () => {
  for (const [portalMinutes, minutes] of [
    ['0', 0],
    ['60', 60],
  ] as const)
    expect(readDraft({ ...draftOf(policy), portalMinutes }).policy?.guardPortalMinutes).toBe(minutes);
  for (const portalMinutes of ['61', '-1', '2.5', '', 'five'])
    expect(readDraft({ ...draftOf(policy), portalMinutes })).toMatchObject({
      policy: null,
      errors: { portalMinutes: true },
    });
});

test('what is typed wrong and then not on screen any more stops nothing', () => {
  const off = { ...policy, trafficWhileWaiting: 'off' as const };
  const read = readDraft({ ...draftOf(off), portalMinutes: 'five' });
  expect(read).toMatchObject({ policy: off, errors: { portalMinutes: false } });
});

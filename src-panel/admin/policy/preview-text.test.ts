import { expect, test } from 'vitest';
import { en } from '../strings/en.ts';
import { previewText } from './preview-text.ts';

const nothing = {
  connected: 0,
  affected: 0,
  askedForCode: 0,
  askedForUnlock: 0,
  mustSetUpUnlock: 0,
  endSooner: 0,
  mustSetUpMfa: 0,
  isTightened: false,
  isGateOff: false,
  devices: 0,
  cannotGuard: [],
};

test('says who is connected and how many of them are asked for a code', () => {
  const [first] = previewText({ ...nothing, connected: 12, affected: 9, askedForCode: 9 }, en.policy);
  expect(first).toBe('12 members are connected, 9 of them will be asked for a code.');
});

test('joins what the same members are asked for, and keeps apart what others are', () => {
  const both = { ...nothing, connected: 20, affected: 9, askedForCode: 9, askedForUnlock: 9 };
  expect(previewText(both, en.policy)).toEqual([
    '20 members are connected, 9 of them will be asked for a code and to unlock.',
  ]);
  const [first] = previewText({ ...both, affected: 18 }, en.policy);
  expect(first).toBe(
    '20 members are connected, 9 of them will be asked for a code, 9 of them will be asked to unlock.',
  );
});

test('says that nobody loses anything where that is so', () => {
  expect(previewText({ ...nothing, connected: 1 }, en.policy)).toEqual([
    '1 member is connected, none of them loses the connection.',
  ]);
  expect(previewText(nothing, en.policy)).toEqual(['0 members are connected.']);
});

test('names everything else that a save would do', () => {
  const all = {
    ...nothing,
    connected: 3,
    affected: 2,
    askedForUnlock: 2,
    mustSetUpUnlock: 1,
    endSooner: 1,
    mustSetUpMfa: 4,
    isTightened: true,
  };
  expect(previewText(all, en.policy)).toHaveLength(5);
  expect(previewText(all, en.policy)[1]).toBe('1 of them must set up a PIN or biometrics first.');
});

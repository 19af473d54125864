import { expect, test } from 'vitest';
import { stepsOf } from './steps.ts';

test('a first set-up goes through both, and leaves out what is not possible here', () => {
  const all = ['choose', 'confirm', 'try', 'biometrics', 'done'];
  expect(stepsOf('all', { pin: true, biometrics: true })).toEqual(all);
  expect(stepsOf('all', { pin: true, biometrics: false })).toEqual(['choose', 'confirm', 'try', 'done']);
  expect(stepsOf('all', { pin: false, biometrics: true })).toEqual(['biometrics', 'done']);
  expect(stepsOf('all', { pin: false, biometrics: false })).toEqual([]);
});

test('from the settings only what was asked for is set up', () => {
  expect(stepsOf('pin', { pin: true, biometrics: true })).toEqual(['choose', 'confirm', 'try', 'done']);
  expect(stepsOf('biometrics', { pin: true, biometrics: true })).toEqual(['biometrics', 'done']);
  expect(stepsOf('biometrics', { pin: true, biometrics: false })).toEqual([]);
});

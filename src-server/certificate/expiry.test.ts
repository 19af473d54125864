import { expect, test } from 'vitest';
import { certificateTrouble, expiryStage } from './expiry.ts';

const DAY = 86_400_000;
const facts = { host: 'vpn.example.com', isForHost: true, names: 'DNS:vpn.example.com', fingerprint: 'AA' };
const living = (days: number) => ({ ...facts, notBefore: 0, notAfter: days * DAY });

test.each([
  [365, 22, null],
  [365, 21, 21],
  [365, 7.1, 21],
  [365, 7, 7],
  [365, 1, 1],
  [365, 0, 0],
  [365, -5, 0],
  // Renewed every 60 days: 21 days ahead is late.
  [90, 21, 21],
  // Renewed with 15 or 2 days left: whoever is told 21 or 7 days ahead is told at each renewal.
  [47, 21, null],
  [47, 7, 7],
  [6, 5.9, null],
  [6, 2, null],
  [6, 1, 1],
  [2, 1, null],
  [2, 0, 0],
])('of a certificate for %d days that has %d left, the stage is %j', (life, left, stage) => {
  expect(expiryStage(living(life), (life - left) * DAY)).toBe(stage);
});

test('what is wrong with a certificate, the worst first', () => {
  const year = living(365);
  expect(certificateTrouble(year, 10 * DAY)).toBeNull();
  expect(certificateTrouble(year, 350 * DAY)).toBe('expiring');
  expect(certificateTrouble(year, 365 * DAY)).toBe('expired');
  expect(certificateTrouble(year, -1)).toBe('not-yet-valid');
  expect(certificateTrouble({ ...year, isForHost: false }, 350 * DAY)).toBe('wrong-name');
  expect(certificateTrouble({ ...year, isForHost: false }, 366 * DAY)).toBe('expired');
});

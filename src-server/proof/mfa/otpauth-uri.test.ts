import { expect, test } from 'vitest';
import { newTotpSecret, otpauthUri } from './totp.ts';

/** As authenticator apps read it: decoded, then parted at the first colon; the issuer has to be what stands before. */
function readByAnApp(uri: string) {
  const [, label = '', query = ''] = /^otpauth:\/\/totp\/([^?#]*)\?([^#]*)$/.exec(uri) ?? [];
  const [prefix = '', ...account] = decodeURIComponent(label).split(':');
  // Several apps do not read "+" as a space.
  expect(query).not.toContain('+');
  const parameters = new URLSearchParams(query);
  expect(parameters.get('issuer')).toBe(prefix);
  return { issuer: prefix, account: account.join(':').trim(), secret: parameters.get('secret') };
}

test.each([
  ['Example', 'Example'],
  ['Example: Berlin', 'Example - Berlin'],
  ['Example : Berlin', 'Example - Berlin'],
  ['10:30', '10-30'],
  ['R&D', 'R&D'],
  ['100 % sure', '100 % sure'],
  ['50%25', '50%25'],
  ['A+B', 'A+B'],
  ['a/b?c=d#e', 'a/b?c=d#e'],
  ['Büro München', 'Büro München'],
  ['🚀 Team 👩‍🚀', '🚀 Team 👩‍🚀'],
  ['東京：本社', '東京：本社'],
  ['"quoted" & <tagged>', '"quoted" & <tagged>'],
])('an app shows the team "%s" as "%s"', (team, shown) => {
  const secret = newTotpSecret();
  expect(readByAnApp(otpauthUri(secret, team, 'ada+vpn@example.com'))).toEqual({
    issuer: shown,
    account: 'ada+vpn@example.com',
    secret,
  });
});

test('an address with a colon is one account', () => {
  const uri = otpauthUri(newTotpSecret(), 'Example', 'team:ada@example.com');
  expect(readByAnApp(uri)).toMatchObject({ issuer: 'Example', account: 'team-ada@example.com' });
});

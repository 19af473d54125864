import { expect, test } from 'vitest';
import { passwordWeakness } from './password-rules.ts';

const ada = {
  email: 'ada.lovelace@northwind.example',
  name: 'Ada Lovelace',
  teamName: 'Northwind VPN',
  issuer: 'https://vpn.northwind.example',
};

test.each([
  ['short', 'elevenchars'],
  ['short', 'ｓｈｏｒｔ'],
  ['short', '\u0041\u030a'.repeat(11)],
  ['long', 'a good password '.repeat(65)],
  ['common', 'administrator'],
  ['common', 'Password1234!'],
  ['common', 'P@ssw0rd2026'],
  ['common', 'Passwort1234'],
  ['common', 'Sommer2026!!'],
  ['common', '2026 fussball!'],
  ['common', 'Ｐａｓｓｗｏｒｔ２０２６'],
  ['common', 'iloveyou iloveyou'],
  ['pattern', 'aaaaaaaaaaaa'],
  ['pattern', 'abcabcabcabc'],
  ['pattern', '123456789012'],
  ['pattern', 'qwertzuiopü1'],
  ['pattern', 'lkjhgfdsa987'],
  ['personal', 'AdaLovelace12'],
  ['personal', 'ada.lovelace!'],
  ['personal', 'northwind-2026'],
  ['personal', 'postern-vpn-1'],
  ['personal', 'Northwind-Passwort1'],
] as const)('%s: %s', async (why, password) => {
  expect(await passwordWeakness(password, ada)).toBe(why);
});

test.each([
  'a long password 1',
  'another long password',
  'correct horse battery',
  'ada likes cold tea in march',
  'x4k9-2jf8s-kq0z',
  'korrekt pferd batterie',
  'monkey 8841 2291 7733',
  '8841 2291 7733 0092',
  'пароль из трёх слов',
  '正しい馬の電池のホチキス留め',
  'a good password '.repeat(64),
])('accepted: %s', async (password) => {
  expect(await passwordWeakness(password, ada)).toBeNull();
});

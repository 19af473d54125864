import { generateKeyPairSync } from 'node:crypto';
import { compactVerify } from 'jose';
import { expect, test } from 'vitest';
import { unlockStatement } from '../../src-shared/unlock.ts';
import { signStatement } from './statement.ts';

const statement = {
  v: 1 as const,
  aud: 'https://vpn.test.example',
  deviceId: '00000000-0000-7000-8000-0000000000bb',
  nonce: 'bm9uY2U',
  method: 'pin' as const,
  uvAt: 1_795_000_000,
  ctr: 7,
  appVersion: '0.1.0',
};

test('what is signed is the statement, by the device key, as ES256 of its own type', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { payload, protectedHeader } = await compactVerify(
    await signStatement(statement, privateKey),
    publicKey,
  );
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'postern-unlock+jwt' });
  expect(unlockStatement.parse(JSON.parse(Buffer.from(payload).toString()))).toEqual(statement);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await expect(compactVerify(await signStatement(statement, privateKey), other.publicKey)).rejects.toThrow();
});

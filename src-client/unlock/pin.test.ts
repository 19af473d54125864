import { argon2Sync, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { pinProof } from './pin.ts';

const input = {
  pin: '482913',
  salt: Buffer.alloc(16, 1),
  pepper: Buffer.alloc(32, 2),
  deviceId: '00000000-0000-7000-8000-0000000000bb',
  issuer: 'https://vpn.test.example',
};

test('a proof is argon2id with the pepper, then HMAC over device and server', async () => {
  // Of OpenSSL: another implementation than the one in use (RFC 9106).
  const key = argon2Sync('argon2id', {
    message: '482913',
    nonce: input.salt,
    secret: input.pepper,
    memory: 65_536,
    passes: 3,
    parallelism: 4,
    tagLength: 32,
  });
  const text = 'pin-proof-v1|00000000-0000-7000-8000-0000000000bb|https://vpn.test.example';
  expect(await pinProof(input)).toBe(createHmac('sha256', key).update(text).digest('base64url'));
  // Written down, so that a change of library or parameters does not turn every PIN into a wrong one.
  expect(await pinProof(input)).toBe('KSukHd5ssDdzINFKWp_--kS7nSAXT_BSbihE1VspP9U');
});

test('another PIN, salt, pepper, device or server makes another proof; the same in full width does not', async () => {
  const proof = await pinProof(input);
  const others = [
    { pin: '482914' },
    { salt: Buffer.alloc(16, 3) },
    { pepper: Buffer.alloc(32, 3) },
    { deviceId: '00000000-0000-7000-8000-0000000000bc' },
    { issuer: 'https://other.test.example' },
  ];
  const proofs = await Promise.all(others.map((change) => pinProof({ ...input, ...change })));
  expect(new Set([proof, ...proofs]).size).toBe(others.length + 1);
  expect(await pinProof({ ...input, pin: '４８２９１３' })).toBe(proof);
});

test('the pepper is not changed by using it', async () => {
  const pepper = Buffer.alloc(32, 2);
  await pinProof({ ...input, pepper });
  expect(pepper.equals(Buffer.alloc(32, 2))).toBe(true);
});

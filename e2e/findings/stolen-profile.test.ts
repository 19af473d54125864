import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FaultLab } from '../faults/fault-lab.ts';
import { LaptopKeyring } from './laptop-keyring.ts';
import { PIN, WireLab } from './wire-lab.ts';

/** `secret` as bytes would be written: as they are, and in the usual spellings. */
function spellings(secret: Buffer): string[] {
  const encodings = ['latin1', 'hex', 'base64', 'base64url'] as const;
  return encodings.map((encoding) => secret.toString(encoding).replace(/=+$/, ''));
}

describe('the files of a profile, copied to another PC to find the PIN by trying', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
  });
  afterAll(() => lab.stop());

  it('hold nothing that a PIN could be tried against', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const set = lab.client(member.email, 'pin', 'set');
    for (const line of [PIN, PIN, codes.current]) set.type(line);
    expect(await set.ended, JSON.stringify(set.seen.slice(-2))).toBe(0);

    const keyring = new LaptopKeyring(lab, member);
    const secrets = {
      pepper: Buffer.from((await keyring.read('unlock-pepper')) ?? '', 'base64'),
      'device key': Buffer.from((await keyring.read('device-key')) ?? '', 'base64'),
      PIN: Buffer.from(PIN),
    };
    const row = z
      .object({ pin_salt: z.string(), pin_verifier: z.string() })
      .parse(lab.query('select pin_salt, pin_verifier from device')[0]);
    const stored = {
      salt: Buffer.from(row.pin_salt, 'base64url'),
      verifier: Buffer.from(row.pin_verifier, 'base64url'),
    };
    const folder = lab.profileFolder(member.email);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
    expect(files.length).toBeGreaterThan(1);
    const found: string[] = [];
    for (const [name, secret] of Object.entries({ ...secrets, ...stored })) {
      expect(secret.length, name).toBeGreaterThan(5);
      if (spellings(secret).some((text) => files.some((file) => file.includes(text)))) found.push(name);
    }
    expect(found).toEqual([]);
    // The same search finds what is meant to be there.
    const { deviceId } = keyring.settings.account ?? { deviceId: '?' };
    expect(files.some((file) => file.includes(deviceId))).toBe(true);
    // And the database of the server, stolen, lacks the pepper.
    const database = readFileSync(path.join(lab.stack.folder, 'server/postern.db'), 'latin1');
    expect(spellings(secrets.pepper).some((text) => database.includes(text))).toBe(false);
  });
});

describe('the right PIN, device key and salt without the pepper of the keyring', () => {
  let lab: WireLab;
  beforeEach(async () => {
    lab = await WireLab.start();
  });
  afterEach(() => lab.stop());

  it('are a wrong PIN, and what the server keeps is no answer to its question', async () => {
    const device = await lab.device();
    const challenge = await device.challenge();
    const elsewhere = await device.pinProof(challenge, PIN, { pepper: randomBytes(32) });
    expect((await device.answer(challenge, elsewhere)).body).toMatchObject({ code: 'wrong-pin' });
    const row = await lab.server.ctx.database.db
      .selectFrom('device')
      .select('pin_verifier')
      .executeTakeFirstOrThrow();
    const right = await device.pinProof(challenge, PIN);
    const answer = await device.answer(challenge, {
      ...right,
      ...(right.method === 'pin' ? { proof: row.pin_verifier ?? '' } : {}),
    });
    expect(answer.body).toMatchObject({ code: 'wrong-pin' });
    expect(lab.gateway.peers.size).toBe(0);
  });
});

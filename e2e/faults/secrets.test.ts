import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPhase, isPrompt, proofOutcome } from '../../scripts/story/client-process.ts';
import { leaseClaims } from '../../src-shared/lease.ts';
import { toWgBase64 } from '../../src-shared/primitives.ts';
import { FaultLab } from './fault-lab.ts';
import { RawClient } from './raw-client.ts';

/** Whether `secret` stands in `text` as a word of its own: six digits inside a longer number are no code. */
const contains = (text: string, secret: string): boolean =>
  new RegExp(`(?<![0-9A-Za-z])${RegExp.escape(secret)}(?![0-9A-Za-z])`).test(text);

describe('the secrets of a day', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(2);
    // The most talkative that the parts can be set to.
    for (const file of ['server/server.toml', 'gateways/gw1.toml']) {
      const config = path.join(lab.stack.folder, file);
      writeFileSync(config, `logLevel = "debug"\n${readFileSync(config, 'utf8')}`);
    }
    for (const part of ['server', 'gateway', 'helper'] as const) await lab.kill(part, 'SIGTERM');
    await lab.restart('server');
    await lab.restart('gateway');
    await lab.restart('helper', { extra: ['--log-level', 'debug'] });
  });
  afterAll(() => lab.stop());

  const logs = () => {
    const folder = path.join(lab.stack.folder, 'logs');
    return Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
    );
  };
  const database = () => {
    const folder = path.join(lab.stack.folder, 'server');
    const files = readdirSync(folder).filter((name) => name.startsWith('postern.db'));
    return files.map((name) => readFileSync(path.join(folder, name), 'latin1')).join('\0');
  };

  it('are in no log and in no output, and what opens doors is not in clear in the database', async () => {
    const member = lab.newMember();
    const { client, codes } = await lab.connected(member);
    await lab.kick(member);
    await client.waitFor('it asked for a code', isPrompt('gate'));
    const wrong = ['135790', '246801', '975310'].find((guess) => !Object.values(codes).includes(guess)) ?? '';
    for (const code of [codes.previous, wrong]) {
      const typed = client.seen.length;
      client.type(code);
      await client.waitFor('it was judged', (event) => proofOutcome(event)?.ok === false, typed);
      await client.waitFor('it asked again', isPrompt('gate'), typed);
    }
    client.type(codes.current);
    await client.waitFor('it was connected', isPhase('connected'));

    const other = lab.newMember();
    const otherCodes = await lab.codes(other);
    const raw = await RawClient.signIn(lab, other, otherCodes.previous);
    const granted = await raw.connect();
    const claims = leaseClaims.parse(decodeJwt(granted.lease));
    await raw.openChannel();
    await lab.kick(other);
    raw.close();

    const doors = {
      password: member.password,
      'password of the other': other.password,
      'one-time password secret': member.totpSecret,
      'code of the sign-in': codes.previous,
      'wrong code': wrong,
      'code of the gate': codes.current,
      'session token': raw.session.sessionToken,
      'API token': lab.file.apiToken,
      'private key': raw.keys.privateKey,
      'private key as wg prints it': toWgBase64(raw.keys.privateKey),
      'pre-shared key': claims.wg.presharedKey,
      'pre-shared key as wg prints it': toWgBase64(claims.wg.presharedKey),
      lease: granted.lease,
    };
    const found: string[] = [];
    const said = [...Object.entries(logs()), ['terminal client', JSON.stringify(client.seen)] as const];
    for (const [name, secret] of Object.entries(doors)) {
      expect(secret.length, name).toBeGreaterThan(5);
      for (const [place, text] of said) if (contains(text, secret)) found.push(`${name} in ${place}`);
      if (contains(database(), secret)) found.push(`${name} in the database`);
    }
    expect(found).toEqual([]);

    // The same search finds what is meant to be there.
    const { 'server.log': serverLog = '', 'gateway-gw1.log': gatewayLog = '' } = logs();
    expect(contains(serverLog, raw.session.deviceId)).toBe(true);
    expect(gatewayLog).toContain('order carried out');
    expect(contains(database(), granted.leaseId)).toBe(true);
    expect(contains(`x "${codes.current}" y`, codes.current)).toBe(true);
  });
});

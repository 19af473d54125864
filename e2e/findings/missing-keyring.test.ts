import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryRun } from '../../lab/stack/run.ts';
import { exitCodes } from '../../src-cli/context/exit-codes.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { PIN } from './wire-lab.ts';

describe('a keyring that is locked, missing or another', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
  });
  afterAll(() => lab.stop());

  /** `postern connect` in a D-Bus session of its own, with the keyring of `home` opened by `password`. */
  const connectWith = async (password: string, home: string, profile: string) => {
    const runtime = mkdtempSync(path.join(tmpdir(), 'pst-run-'));
    try {
      const unlock = `printf ${password} | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1`;
      const session = ['dbus-run-session', '--', 'sh', '-c', `${unlock}; exec "$@"`, 'sh'];
      const places = [`HOME=${home}`, `XDG_DATA_HOME=${home}/.local/share`, `XDG_RUNTIME_DIR=${runtime}`];
      const command = ['postern', 'connect', '--profile', profile, '--json'];
      return await tryRun(lab.stack.laptop.shell, ['env', ...places, ...session, ...command]);
    } finally {
      rmSync(runtime, { recursive: true, force: true });
    }
  };

  it('is never taken for "no gate": nothing connects, and each says what it is', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const set = lab.client(member.email, 'pin', 'set');
    for (const line of [PIN, PIN, codes.current]) set.type(line);
    expect(await set.ended, JSON.stringify(set.seen.slice(-2))).toBe(0);
    const profile = ['--profile', lab.profileFolder(member.email)];
    const home = lab.stack.laptop.env.HOME ?? '';

    // The same keyring file, and not the password that opens it.
    const locked = await connectWith('wrong', home, lab.profileFolder(member.email));
    expect(locked.stdout).toContain('"keychain-locked"');
    expect(locked.code).toBe(exitCodes.keychain.code);

    const missing = await tryRun(lab.stack.laptop.shell, [
      'env',
      '-u',
      'DBUS_SESSION_BUS_ADDRESS',
      '-u',
      'XDG_RUNTIME_DIR',
      'postern',
      'connect',
      ...profile,
      '--json',
    ]);
    expect(missing.stdout).toContain('"keychain-unavailable"');
    expect(missing.code).toBe(exitCodes.keychain.code);

    // The whole profile on another PC, with the keyring of that one: nobody is signed in there.
    const copy = lab.profileFolder('another-pc');
    cpSync(lab.profileFolder(member.email), copy, {
      recursive: true,
      filter: (file) => !file.endsWith('.sock') && !file.includes('lock'),
    });
    const other = await connectWith('other', path.join(path.dirname(copy), 'another-home'), copy);
    expect(other.code, other.stdout).toBe(exitCodes.signedOut.code);

    expect(lab.query('select id from lease')).toEqual([]);
    await lab.expectSilence();
  });
});

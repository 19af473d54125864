import { cpSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryRun } from '../../scripts/stack/run.ts';
import { exitCodes } from '../../src-cli/exit-codes.ts';
import { FaultLab } from '../faults/fault-lab.ts';
import { PIN } from './wire-lab.ts';

describe('a keyring that is locked, missing or another', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start(1, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
  });
  afterAll(() => lab.stop());

  /** Runs `postern ARGS` on the laptop in a D-Bus session of its own, after `before`. */
  const inSession = (before: string, home: string, ...args: string[]) => {
    const script = `${before}; exec "$@"`;
    const session = ['dbus-run-session', '--', 'sh', '-c', script, 'sh'];
    const env = ['env', `HOME=${home}`, `XDG_DATA_HOME=${path.join(home, '.local/share')}`];
    return tryRun(lab.stack.laptop.shell, [...env, ...session, 'postern', ...args, '--json']);
  };
  const start = (option: string) =>
    `gnome-keyring-daemon ${option} --components=secrets >/dev/null 2>&1 </dev/null`;

  it('is never taken for "no gate": nothing connects, and each says what it is', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    await lab.signIn(member, codes.previous);
    const set = lab.client(member.email, 'pin', 'set');
    for (const line of [PIN, PIN, codes.current]) set.type(line);
    expect(await set.ended, JSON.stringify(set.seen.slice(-2))).toBe(0);
    const profile = ['--profile', lab.profileFolder(member.email)];
    const home = lab.stack.laptop.env.HOME ?? '';

    const locked = await inSession(start('--start'), home, 'connect', ...profile);
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
    const unlock = 'printf other | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1';
    const elsewhere = path.join(path.dirname(copy), 'another-home');
    const other = await inSession(unlock, elsewhere, 'connect', '--profile', copy);
    expect(other.code, other.stdout).toBe(exitCodes.signedOut.code);

    expect(lab.query('select id from lease')).toEqual([]);
    await lab.expectSilence();
  });
});

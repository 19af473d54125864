import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startKeyring, type TestKeyring } from '../../src-client/testing/keyring.ts';
import type { HardwareProvider, SoftProvider } from '../../src-client/unlock/provider.ts';
import { SoftwareAuthenticator } from '../../src-server/testing/software-authenticator.ts';
import { type CoreLab, openCoreLab } from './core-lab.ts';

const PIN = '482913';
const accepted = { ok: true, value: undefined };
let folder: string;
let keyring: TestKeyring;
let lab: CoreLab;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pst-core-keyring-'));
  keyring = await startKeyring(folder, 'pw');
  Object.assign(process.env, keyring.env);
});
afterAll(async () => {
  await keyring.stop();
  rmSync(folder, { recursive: true });
});
afterEach(() => lab.close());

const phase = () => lab.core.snapshot().connection.phase;
const reaches = (wanted: string) => vi.waitFor(() => expect(phase()).toBe(wanted), 5_000);
const unlockPolicy = { totpPriorConnection: false, unlockPriorConnection: true };

async function withPin(): Promise<void> {
  lab = await openCoreLab(keyring);
  await lab.server.setPolicy(unlockPolicy);
  await lab.signIn();
  expect(await lab.core.setPin(PIN, { method: 'totp', code: await lab.nextCode() })).toEqual(accepted);
}

async function atGate(): Promise<void> {
  expect(await lab.core.connect('cli')).toEqual(accepted);
  expect(phase()).toBe('gate');
}

const pin = (text: string) => lab.core.submitProof([{ method: 'pin', pin: text }]);

describe('PIN and biometrics, from the client core to the server', () => {
  it('leads from nothing set up over a PIN to a connection, and back in after a restart', async () => {
    lab = await openCoreLab(keyring);
    await lab.server.setPolicy(unlockPolicy);
    await lab.signIn();
    expect(await lab.core.connect('cli')).toMatchObject({ problem: { code: 'unlock-not-enrolled' } });
    expect(lab.core.snapshot().connection).toMatchObject({
      phase: 'disconnected',
      cause: { code: 'unlock-not-enrolled' },
    });
    const code = await lab.nextCode();
    const weak = await lab.core.setPin('123456', { method: 'totp', code });
    expect(weak).toMatchObject({ problem: { code: 'pin-too-weak', weakness: 'sequence' } });
    expect(await lab.core.setPin(PIN, { method: 'totp', code })).toEqual(accepted);
    expect(lab.core.snapshot().unlock.enrolled).toEqual({ pin: true, uvHw: false, uvSoft: false });
    expect(await lab.core.checkUnlock({ method: 'pin', pin: PIN })).toEqual(accepted);
    await atGate();
    expect(await pin(PIN)).toEqual(accepted);
    await reaches('connected');
    await lab.core.disconnect('cli');
    await lab.restart();
    await atGate();
    expect(await pin('４８２９１３')).toEqual(accepted);
    await reaches('connected');
  });

  it('counts wrong PINs on the server, and takes the same PIN again', async () => {
    await withPin();
    await atGate();
    expect(await pin('111119')).toMatchObject({ problem: { code: 'wrong-pin', attemptsLeft: 4 } });
    expect(await pin('111119')).toMatchObject({ problem: { code: 'wrong-pin', attemptsLeft: 3 } });
    expect(lab.core.snapshot().connection).toMatchObject({
      phase: 'gate',
      prompt: { attemptsLeft: 3, waitUntil: null, challenge: { unlock: { pin: { attemptsLeft: 3 } } } },
    });
    expect(await pin('111119')).toMatchObject({
      problem: { code: 'wrong-pin', attemptsLeft: 2, retryAfterMs: 30_000 },
    });
    await lab.restart();
    await atGate();
    expect(lab.core.snapshot().connection).toMatchObject({
      prompt: { waitUntil: expect.any(String), challenge: { unlock: { pin: { attemptsLeft: 2 } } } },
    });
    expect(await pin(PIN)).toMatchObject({ problem: { code: 'too-many-attempts' } });
    lab.server.clock.now += 31_000;
    await lab.core.refresh();
    expect(await pin(PIN)).toEqual(accepted);
  });

  it('ends at the set-up after the fifth wrong PIN, and comes back with a code', async () => {
    await withPin();
    for (const _ of [1, 2, 3, 4]) {
      await lab.core.checkUnlock({ method: 'pin', pin: '111119' });
      lab.server.clock.now += 61_000;
    }
    await lab.core.refresh();
    await atGate();
    expect(await pin('111119')).toMatchObject({ problem: { code: 'pin-removed' } });
    expect(lab.core.snapshot().connection).toMatchObject({
      phase: 'disconnected',
      cause: { code: 'pin-removed' },
    });
    await vi.waitFor(() => expect(lab.core.snapshot().unlock.enrolled?.pin).toBe(false), 5_000);
    expect(await lab.core.connect('cli')).toMatchObject({
      problem: { code: expect.stringMatching(/^(unlock-not-enrolled|pin-removed)$/) },
    });
    expect(await lab.core.setPin(PIN, { method: 'totp', code: await lab.nextCode() })).toEqual(accepted);
    await atGate();
    expect(await pin(PIN)).toEqual(accepted);
  });

  it('sends code and PIN in one request, and the code again after a wrong PIN', async () => {
    await withPin();
    await lab.server.setPolicy({ totpPriorConnection: true, signInGraceSeconds: 0 });
    const code = await lab.nextCode();
    await atGate();
    expect(lab.core.snapshot().connection).toMatchObject({
      prompt: { challenge: { requires: expect.arrayContaining(['totp', 'unlock']) } },
    });
    expect(await pin(PIN)).toMatchObject({ problem: { code: 'invalid-request' } });
    const both = (text: string) =>
      lab.core.submitProof([
        { method: 'totp', code },
        { method: 'pin', pin: text },
      ]);
    expect(await both('111119')).toMatchObject({ problem: { code: 'wrong-pin' } });
    expect(await both(PIN)).toEqual(accepted);
    await lab.core.disconnect('cli');
    await atGate();
    expect(await both(PIN)).toMatchObject({ problem: { code: 'code-already-used' } });
  });

  it('signs a yes of the system with the device key, and lets a cancel be none', async () => {
    const answers: ('verified' | 'cancelled' | 'refused')[] = [
      'verified',
      'cancelled',
      'refused',
      'verified',
    ];
    const provider: SoftProvider = {
      kind: 'touch-id',
      method: 'uv-soft',
      obstacle: async () => null,
      async prove() {
        const outcome = answers.shift() ?? 'refused';
        return outcome === 'verified' ? { outcome, value: null } : { outcome };
      },
    };
    lab = await openCoreLab(keyring, [provider]);
    await lab.server.setPolicy({ ...unlockPolicy, softUnlockHours: 12 });
    await lab.signIn();
    expect(await lab.core.turnOnBiometrics({ method: 'totp', code: await lab.nextCode() })).toEqual(accepted);
    expect(lab.core.snapshot().unlock.enrolled?.uvSoft).toBe(true);
    await atGate();
    const soft = () => lab.core.submitProof([{ method: 'uv-soft' }]);
    expect(await soft()).toMatchObject({ problem: { code: 'cancelled' } });
    expect(lab.core.snapshot().connection).toMatchObject({
      phase: 'gate',
      prompt: { lastFailure: null, prompting: null, isChecking: false },
    });
    expect(await soft()).toMatchObject({ problem: { code: 'unlock-refused' } });
    expect(await soft()).toEqual(accepted);
    expect(
      lab.snapshots.some(
        ({ connection }) => 'prompt' in connection && connection.prompt.prompting === 'uv-soft',
      ),
    ).toBe(true);
    await lab.core.disconnect('cli');
    expect(await lab.core.turnOffBiometrics()).toEqual(accepted);
    expect(lab.core.snapshot().unlock.enrolled?.uvSoft).toBe(false);
  });

  it('drops what was typed and takes the question back when the screen is locked', async () => {
    let isOpen = false;
    const provider: SoftProvider = {
      kind: 'touch-id',
      method: 'uv-soft',
      obstacle: async () => null,
      prove: ({ signal }) =>
        new Promise((resolve) => {
          isOpen = true;
          signal.addEventListener('abort', () => {
            isOpen = false;
            resolve({ outcome: 'cancelled' });
          });
        }),
    };
    lab = await openCoreLab(keyring, [provider]);
    await lab.server.setPolicy(unlockPolicy);
    await lab.signIn();
    const turned = lab.core.turnOnBiometrics({ method: 'totp', code: await lab.nextCode() });
    await vi.waitFor(() => expect(isOpen).toBe(true), 5_000);
    const { lockCount } = lab.core.snapshot().unlock;
    lab.core.systemEvent('lock');
    expect(isOpen).toBe(false);
    expect(lab.core.snapshot().unlock.lockCount).toBe(lockCount + 1);
    expect(await turned).toMatchObject({ problem: { code: 'cancelled' } });
    const again = lab.core.turnOnBiometrics({ method: 'totp', code: lab.server.codeOf(lab.member) });
    await vi.waitFor(() => expect(isOpen).toBe(true), 5_000);
    lab.core.systemEvent('suspend');
    expect(isOpen).toBe(false);
    expect(await again).toMatchObject({ problem: { code: 'cancelled' } });
  });

  it('drops what waits at the gate when the screen is locked, and is asked anew', async () => {
    const open: AbortSignal[] = [];
    let answer: 'verified' | null = 'verified';
    const provider: SoftProvider = {
      kind: 'touch-id',
      method: 'uv-soft',
      obstacle: async () => null,
      prove: ({ signal }) =>
        new Promise((resolve) => {
          open.push(signal);
          signal.addEventListener('abort', () => resolve({ outcome: 'cancelled' }));
          if (answer) resolve({ outcome: answer, value: null });
        }),
    };
    lab = await openCoreLab(keyring, [provider]);
    await lab.server.setPolicy(unlockPolicy);
    await lab.signIn();
    expect(await lab.core.turnOnBiometrics({ method: 'totp', code: await lab.nextCode() })).toEqual(accepted);
    await atGate();
    answer = null;
    for (const takeBack of [
      () => lab.core.systemEvent('lock'),
      () => lab.core.systemEvent('suspend'),
      () => lab.core.cancelPrompt(),
    ]) {
      const before = open.length;
      const asked = lab.core.submitProof([{ method: 'uv-soft' }]);
      await vi.waitFor(() => expect(open).toHaveLength(before + 1), 5_000);
      expect(lab.core.snapshot().connection).toMatchObject({ prompt: { prompting: 'uv-soft' } });
      takeBack();
      expect(open.at(-1)?.aborted).toBe(true);
      expect(lab.core.snapshot().connection).toMatchObject({
        phase: 'gate',
        prompt: { prompting: null, isChecking: false, lastFailure: null },
      });
      expect(await asked).toMatchObject({ problem: { code: 'cancelled' } });
    }
    answer = 'verified';
    expect(await lab.core.submitProof([{ method: 'uv-soft' }])).toEqual(accepted);
  });

  it('registers hardware with a code, unlocks with it, and changes the PIN with it', async () => {
    const authenticator = new SoftwareAuthenticator();
    const provider: HardwareProvider = {
      kind: 'webauthn',
      method: 'uv-hw',
      obstacle: async () => null,
      prove: async ({ nonce, credentialId }) =>
        credentialId === authenticator.id
          ? { outcome: 'verified', value: authenticator.get(nonce) }
          : { outcome: 'failed' },
      enrol: async ({ nonce }) => ({ outcome: 'verified', value: authenticator.create(nonce) }),
    };
    lab = await openCoreLab(keyring, [provider]);
    await lab.server.setPolicy(unlockPolicy);
    await lab.signIn();
    await vi.waitFor(() =>
      expect(lab.core.snapshot().unlock.providers[0]).toEqual({
        kind: 'webauthn',
        method: 'uv-hw',
        obstacle: null,
      }),
    );
    expect(await lab.core.turnOnBiometrics({ method: 'totp', code: await lab.nextCode() })).toEqual(accepted);
    expect(await lab.core.checkUnlock({ method: 'uv-hw' })).toEqual(accepted);
    await atGate();
    expect(await lab.core.submitProof([{ method: 'uv-hw' }])).toEqual(accepted);
    await lab.core.disconnect('cli');
    expect(await lab.core.setPin(PIN, { method: 'uv-hw' })).toEqual(accepted);
    expect(lab.core.snapshot().unlock.enrolled).toEqual({ pin: true, uvHw: true, uvSoft: false });
    await atGate();
    expect(await pin(PIN)).toEqual(accepted);
  });

  it('is refused with a counter from before, and goes on after the PIN is set anew with a code', async () => {
    await withPin();
    const file = join(lab.profile, 'unlock-counter.json');
    const older = readFileSync(file);
    expect(await lab.core.checkUnlock({ method: 'pin', pin: PIN })).toEqual(accepted);
    await lab.core.stop();
    writeFileSync(file, older);
    await lab.restart();
    expect(await lab.core.checkUnlock({ method: 'pin', pin: PIN })).toMatchObject({
      problem: { code: 'unlock-refused' },
    });
    const code = await lab.nextCode();
    expect(await lab.core.setPin(PIN, { method: 'totp', code })).toEqual(accepted);
    expect(await lab.core.checkUnlock({ method: 'pin', pin: PIN })).toEqual(accepted);
  });

  it('lists the devices of the member, and removing this one signs it out', async () => {
    await withPin();
    const devices = await lab.core.devices();
    if (!devices.ok) throw new Error(devices.problem.code);
    expect(devices.value).toMatchObject([{ isThis: true, unlock: { pin: true } }]);
    expect(await lab.core.removeDevice(devices.value[0]?.id ?? '')).toEqual(accepted);
    expect(phase()).toBe('signed-out');
    expect(lab.core.snapshot()).toMatchObject({ account: null, unlock: { enrolled: null } });
    lab.server.nextStep();
    await lab.signIn();
    await lab.core.refresh();
    const again = await lab.core.devices();
    expect(again).toMatchObject({ value: [{ isThis: true, unlock: { pin: false } }] });
    expect(again.ok && again.value[0]?.id).not.toBe(devices.value[0]?.id);
  });

  it('keeps PIN and proof out of every log, snapshot and file', async () => {
    await withPin();
    await atGate();
    await pin('739154');
    await pin(PIN);
    await reaches('connected');
    await lab.core.disconnect('cli');
    await lab.core.removePin();
    await lab.core.stop();
    const seen = [...lab.logLines, ...lab.server.logLines, JSON.stringify(lab.snapshots), lab.files()].join(
      '\n',
    );
    expect(seen).toContain(lab.member.email);
    for (const secret of [PIN, '739154']) expect(seen).not.toContain(secret);
  });
});

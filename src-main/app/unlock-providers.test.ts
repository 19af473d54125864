import { describe, expect, test } from 'vitest';
import type { HardwareProvider } from '../../src-client/unlock/provider.ts';
import type { UnlockTask } from '../../src-shared/unlock-page-ipc.ts';
import { createTouchIdProvider } from './touch-id-provider.ts';
import { unlockProviderKinds } from './unlock-provider-kinds.ts';
import { createWebAuthnProvider, type UnlockOutcome } from './webauthn-provider.ts';
import { wordsFor } from './words.ts';

const env = { POSTERN_UNLOCK_PROVIDERS: 'webauthn,nonsense,touch-id' };
test.each([
  ['darwin', true, {}, ['webauthn', 'touch-id']],
  ['win32', true, {}, ['webauthn']],
  ['linux', true, {}, []],
  ['freebsd', true, {}, []],
  ['linux', false, {}, []],
  ['linux', false, env, ['webauthn', 'touch-id']],
  ['darwin', false, { POSTERN_UNLOCK_PROVIDERS: '' }, []],
  // What starts an installed app does not choose how it asks.
  ['linux', true, env, []],
  ['win32', true, env, ['webauthn']],
] as const)('%s, installed %s, %o: %o', (platform, isPackaged, variables, kinds) => {
  expect(unlockProviderKinds({ platform, isPackaged, env: variables })).toEqual(kinds);
});

const request = {
  nonce: 'bm9uY2U',
  reasonText: 'reconnect to Example as eva',
  signal: new AbortController().signal,
};

describe('WebAuthn', () => {
  function provider(outcomes: UnlockOutcome[], isInstalled = true) {
    const tasks: UnlockTask[] = [];
    const clock = { nowMs: 0 };
    const made = createWebAuthnProvider({
      ask: async (task) => {
        tasks.push(task);
        return outcomes.shift() ?? { kind: 'failed' };
      },
      isInstalled,
      platform: 'win32',
      words: () => wordsFor('en', 'en'),
      account: () => ({ serverName: 'Example', email: 'eva@example.com' }),
      monotonic: () => clock.nowMs,
    });
    return { made, tasks, clock };
  }
  const prove = (made: HardwareProvider) => made.prove({ ...request, credentialId: 'aWQ' });
  const credential = { kind: 'credential', credential: { id: 'aWQ' } } as const;
  const notAllowed = { kind: 'error', name: 'NotAllowedError' } as const;

  test('the page is told what to ask for and why, and what it made is handed on', async () => {
    const { made, tasks } = provider([credential, credential]);
    expect(await prove(made)).toEqual({ outcome: 'verified', value: { id: 'aWQ' } });
    const enrolled = await made.enrol({ ...request, userId: 'dXNlcg', userName: 'eva@example.com' });
    expect(enrolled.outcome).toBe('verified');
    const words = {
      title: 'Waiting for Windows Hello …',
      lead: 'For Example, as eva@example.com.',
      cancel: 'Cancel',
      language: 'en',
    };
    expect(tasks).toEqual([
      { kind: 'get', nonce: 'bm9uY2U', credentialId: 'aWQ', words },
      { kind: 'create', nonce: 'bm9uY2U', userId: 'dXNlcg', userName: 'eva@example.com', words },
    ]);
  });

  test('a no that may be a slip counts as cancelled once, as refused the second time in a row', async () => {
    const { made } = provider([notAllowed, notAllowed, notAllowed, credential, notAllowed]);
    const outcomes = [];
    for (let i = 0; i < 5; i += 1) outcomes.push((await prove(made)).outcome);
    expect(outcomes).toEqual(['cancelled', 'refused', 'refused', 'verified', 'cancelled']);
  });

  test('every other end is a no: closed, cancelled, crashed, another error, an answer to something else', async () => {
    const { made } = provider([
      { kind: 'closed' },
      { kind: 'cancelled' },
      { kind: 'failed' },
      { kind: 'error', name: 'SecurityError' },
      { kind: 'probed', isAvailable: true },
    ]);
    const outcomes = [];
    for (let i = 0; i < 5; i += 1) outcomes.push((await prove(made)).outcome);
    expect(outcomes).toEqual(['cancelled', 'cancelled', 'failed', 'failed', 'failed']);
  });

  test('what stands in its way is said', async () => {
    const outcomes: UnlockOutcome[] = [
      { kind: 'probed', isAvailable: true },
      { kind: 'probed', isAvailable: false },
      { kind: 'closed' },
    ];
    const { made, tasks, clock } = provider(outcomes);
    expect(await made.obstacle()).toBeNull();
    // A yes is good for a while, a no is not.
    expect(await made.obstacle()).toBeNull();
    expect(tasks).toEqual([{ kind: 'probe' }]);
    clock.nowMs += 31_000;
    expect(await made.obstacle()).toBe('no-hardware');
    expect(await made.obstacle()).toBe('not-here');
    const unsigned = provider([], false);
    expect(await unsigned.made.obstacle()).toBe('not-installed');
    expect(unsigned.tasks).toEqual([]);
  });
});

describe('Touch ID', () => {
  function provider(canPrompt = true) {
    const sheets: PromiseWithResolvers<void>[] = [];
    const made = createTouchIdProvider({
      canPrompt: () => canPrompt,
      prompt: () => {
        const sheet = Promise.withResolvers<void>();
        sheets.push(sheet);
        return sheet.promise;
      },
    });
    return { made, sheets };
  }

  test('a yes is a yes; a no is cancelled, then refused', async () => {
    const { made, sheets } = provider();
    const outcomes = [];
    for (const isYes of [false, false, true, false]) {
      const asked = made.prove(request);
      if (isYes) sheets.at(-1)?.resolve();
      else sheets.at(-1)?.reject(new Error('Canceled by user.'));
      outcomes.push((await asked).outcome);
    }
    expect(outcomes).toEqual(['cancelled', 'refused', 'verified', 'cancelled']);
  });

  test('a yes that comes after the question was taken back counts for nothing, and no second sheet lies over it', async () => {
    const { made, sheets } = provider();
    const controller = new AbortController();
    const asked = made.prove({ ...request, signal: controller.signal });
    controller.abort();
    expect(await asked).toEqual({ outcome: 'cancelled' });
    expect(await made.prove(request)).toEqual({ outcome: 'unavailable' });
    sheets[0]?.resolve();
    await sheets[0]?.promise;
    await new Promise((resolve) => setImmediate(resolve));
    const again = made.prove(request);
    expect(sheets).toHaveLength(2);
    sheets[1]?.resolve();
    expect(await again).toEqual({ outcome: 'verified', value: null });
  });

  test('a Mac without a sensor says so and asks nothing', async () => {
    const { made, sheets } = provider(false);
    expect(await made.obstacle()).toBe('no-hardware');
    expect(await made.prove(request)).toEqual({ outcome: 'unavailable' });
    expect(sheets).toEqual([]);
  });
});

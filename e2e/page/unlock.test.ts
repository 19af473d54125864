import type { Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPageLab, type PageLab, refuse, sentBy } from './page-lab.ts';
import { GOOD_PIN, pinField, to, toTry } from './unlock-steps.ts';

/** The gate of PIN and biometrics: the rules that the page alone can keep, by their numbers in the design. */

let lab: PageLab;
beforeAll(async () => {
  lab = await openPageLab();
});
afterAll(async () => {
  await lab.close();
});
afterEach(() => {
  expect(lab.complaints.splice(0)).toEqual([]);
});

const show = (scenario: string) => lab.show({ scenario });
const alert = (page: Page) => page.locator('dialog [role=alert]').last();
const code = (page: Page) => page.getByLabel('6-digit code');
const button = (page: Page, name: string | RegExp) =>
  page.locator('dialog').getByRole('button', { name, exact: true });
const proofs = (page: Page) => sentBy(page, 'connection.submit-proof');
const pin = (value: string) => ({ answers: [{ method: 'pin', pin: value }] });
const hasFocus = (page: Page, name: 'pin' | 'code') =>
  expect
    .poll(() =>
      (name === 'pin' ? pinField(page) : code(page)).evaluate((field) => field === document.activeElement),
    )
    .toBe(true);
const lock = (page: Page) =>
  page.evaluate(async () => {
    const { unlock } = await window.postern.snapshot();
    window.harness.push({ unlock: { ...unlock, lockCount: unlock.lockCount + 1 } });
  });
/** What main says of the prompt that is open. */
const pushPrompt = (page: Page, change: Record<string, unknown>) =>
  page.evaluate(async (patch) => {
    const { connection } = await window.postern.snapshot();
    if (connection.phase !== 'gate') throw new Error('not at the gate');
    window.harness.push({ connection: { phase: 'gate', prompt: { ...connection.prompt, ...patch } } });
  }, change);

describe('PIN', () => {
  test('3: a password field without autocomplete and with a text keyboard; shown on demand, hidden on blur', async () => {
    const page = await show('unlock-pin');
    await hasFocus(page, 'pin');
    const attributes = await pinField(page).evaluate((input: HTMLInputElement) => [
      input.type,
      input.autocomplete,
      input.inputMode,
      input.maxLength,
    ]);
    expect(attributes).toEqual(['password', 'off', '', -1]);
    await button(page, 'Show PIN').click();
    expect(await pinField(page).getAttribute('type')).toBe('text');
    await page.evaluate(() => window.dispatchEvent(new Event('blur')));
    await expect.poll(() => pinField(page).getAttribute('type')).toBe('password');
    await button(page, 'Show PIN').click();
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await expect.poll(() => pinField(page).getAttribute('type')).toBe('password');
  });

  test('6: it never sends by itself, Enter sends it once, as it was typed', async () => {
    const page = await show('unlock-pin');
    await page.keyboard.type('Tür 849271');
    expect(await proofs(page)).toEqual([]);
    await page.evaluate(() => window.harness.hold('connection.submit-proof'));
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    expect(await proofs(page)).toEqual([pin('Tür 849271')]);
    expect(await pinField(page).evaluate((field: HTMLInputElement) => field.readOnly)).toBe(true);
    await hasFocus(page, 'pin');
  });

  test('8, 9, 12: a wrong one clears and refocuses, and says cause, count and next step', async () => {
    const page = await show('unlock-pin');
    expect(await alert(page).textContent()).toBe('');
    await refuse(page, 'wrong-pin', { attemptsLeft: 3 });
    await page.keyboard.type('000001');
    await page.keyboard.press('Enter');
    await alert(page).getByText('Wrong PIN.').waitFor();
    await alert(page).getByText('3 tries left, then you sign in with a code.').waitFor();
    expect(await pinField(page).inputValue()).toBe('');
    expect(await pinField(page).getAttribute('aria-invalid')).toBe('true');
    const described = (await pinField(page).getAttribute('aria-describedby')) ?? '';
    expect(described.split(' ')).toContain(await alert(page).getAttribute('id'));
    await hasFocus(page, 'pin');
  });

  test('13: the last try is announced before it is used, by a refusal and when the gate opens with one left', async () => {
    const page = await show('unlock-pin');
    await refuse(page, 'wrong-pin', { attemptsLeft: 1, retryAfterMs: 60_000 });
    await page.keyboard.type('000001');
    await page.keyboard.press('Enter');
    await alert(page).getByText('Last try. After this the PIN is removed on this device.').waitFor();
    const fresh = await show('unlock-pin-last');
    await fresh.getByText('Last try. After this the PIN is removed on this device.').waitFor();
  });

  test('11, 12: a wait holds the button, ticks silently, is announced at both ends, and other ways stay open', async () => {
    const page = await show('unlock-system');
    await page.getByText('Use another way').click();
    await button(page, 'PIN').click();
    await refuse(page, 'wrong-pin', { attemptsLeft: 2, retryAfterMs: 4500 });
    await pinField(page).fill('000001');
    await page.keyboard.press('Enter');
    await page.getByText(/^Try again in 0:0[2-5]$/).waitFor();
    await page.locator('dialog [role=status]', { hasText: /^Wait [345] seconds/ }).waitFor();
    expect(await button(page, 'Connect').getAttribute('aria-disabled')).toBe('true');
    await pinField(page).fill('000002');
    await page.keyboard.press('Enter');
    expect(await proofs(page)).toHaveLength(1);
    await button(page, /^System sign-in/).click();
    expect(await alert(page).textContent()).toBe('');
    expect(await button(page, /^Use system sign-in/).getAttribute('aria-disabled')).toBeNull();
    await button(page, 'PIN').click();
    await page.locator('dialog [role=status]', { hasText: 'You can try again.' }).waitFor();
    expect(await button(page, 'Connect').getAttribute('aria-disabled')).toBeNull();
  });

  test('11: a wait that the server remembers is there when the gate opens', async () => {
    const page = await show('unlock-pin-wait');
    await page.getByText(/^Try again in 0:2\d$/).waitFor();
    expect(await button(page, 'Connect').getAttribute('aria-disabled')).toBe('true');
  });

  test('21: without a connection the PIN stays and no try is counted', async () => {
    const page = await show('unlock-pin');
    await refuse(page, 'server-unreachable');
    await page.keyboard.type(GOOD_PIN);
    await page.keyboard.press('Enter');
    await alert(page).getByText('No connection to Northwind. No try was used.').waitFor();
    expect(await pinField(page).inputValue()).toBe(GOOD_PIN);
  });

  test('a lock of the screen empties every field', async () => {
    const page = await show('unlock-both');
    await code(page).fill('12345');
    await pinField(page).fill(GOOD_PIN);
    await lock(page);
    await expect.poll(() => pinField(page).inputValue()).toBe('');
    expect(await code(page).inputValue()).toBe('');
    const plain = await show('gate');
    await code(plain).fill('12345');
    await lock(plain);
    await expect.poll(() => code(plain).inputValue()).toBe('');
  });

  test('20: by keyboard: field, show, button, cancel, other way; Esc cancels', async () => {
    const page = await show('unlock-pin');
    await hasFocus(page, 'pin');
    const seen: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      if (i > 0) await page.keyboard.press('Tab');
      seen.push(
        await page.evaluate(
          () =>
            document.activeElement?.getAttribute('aria-label') ??
            (document.activeElement?.textContent || document.activeElement?.tagName) ??
            '',
        ),
      );
    }
    expect(seen).toEqual(['INPUT', 'Show PIN', 'Connect', 'Cancel', 'Use another way']);
    await page.keyboard.press('Escape');
    await expect.poll(() => sentBy(page, 'connection.cancel')).toHaveLength(1);
  });
});

describe('the question of the system', () => {
  test.each([
    ['unlock-hello', 'Use Windows Hello', 'uv-hw', 'Face, finger or Hello PIN'],
    ['unlock-mac', 'Use Touch ID or Mac password', 'uv-hw', 'the password of this Mac'],
    ['unlock-system', 'Use system sign-in (fingerprint or password)', 'uv-soft', 'Fingerprint or password'],
  ])(
    '16, 17: on %s the best way comes first and says what the system accepts',
    async (scenario, label, method, hint) => {
      const page = await show(scenario);
      await page.locator('dialog').getByText(hint).first().waitFor();
      expect(await proofs(page)).toEqual([]);
      await button(page, label).click();
      expect(await proofs(page)).toEqual([{ answers: [{ method }] }]);
    },
  );

  test('18: it asks by itself only when it was used last, once, and never after a cancel', async () => {
    const page = await show('unlock-hello');
    await button(page, 'Use Windows Hello').click();
    const reopen = () =>
      page.evaluate(async () => {
        const { connection } = await window.postern.snapshot();
        window.harness.push({
          connection: { phase: 'disconnected', cause: null, reason: null, source: null },
        });
        await new Promise((resolve) => setTimeout(resolve, 50));
        window.harness.push({ connection });
      });
    await refuse(page, 'cancelled');
    await reopen();
    await expect.poll(() => proofs(page)).toHaveLength(2);
    expect(await alert(page).textContent()).toBe('');
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await pushPrompt(page, { attemptsLeft: null });
    await page.waitForTimeout(200);
    expect(await proofs(page)).toHaveLength(2);
  });

  test('18: a window that is not in front is not asked for anything', async () => {
    const page = await show('unlock-hello');
    await button(page, 'Use Windows Hello').click();
    await page.evaluate(async () => {
      document.hasFocus = () => false;
      const { connection } = await window.postern.snapshot();
      window.harness.push({ connection: { phase: 'disconnected', cause: null, reason: null, source: null } });
      await new Promise((resolve) => setTimeout(resolve, 50));
      window.harness.push({ connection });
    });
    await button(page, 'Use Windows Hello').waitFor();
    await page.waitForTimeout(200);
    expect(await proofs(page)).toHaveLength(1);
  });

  test('16: what was used last comes first', async () => {
    const page = await show('unlock-hello');
    await page.getByText('Use another way').click();
    await button(page, 'PIN').click();
    await pinField(page).fill(GOOD_PIN);
    await page.keyboard.press('Enter');
    await expect.poll(() => proofs(page)).toHaveLength(1);
    await page.evaluate(async () => {
      const { connection } = await window.postern.snapshot();
      window.harness.push({ connection: { phase: 'disconnected', cause: null, reason: null, source: null } });
      await new Promise((resolve) => setTimeout(resolve, 50));
      window.harness.push({ connection });
    });
    await hasFocus(page, 'pin');
  });

  test('19: an open question is waited for; Cancel and Esc take it back and leave the gate', async () => {
    const page = await show('unlock-waiting');
    await button(page, /Waiting for Windows Hello…/).waitFor();
    await page
      .locator('dialog [role=status]', { hasText: 'Waiting for Windows Hello…' })
      .waitFor({ state: 'attached' });
    await button(page, 'Cancel').click();
    await page.keyboard.press('Escape');
    expect(await sentBy(page, 'connection.cancel-prompt')).toHaveLength(2);
    expect(await sentBy(page, 'connection.cancel')).toEqual([]);
    await pushPrompt(page, { prompting: null, isChecking: false });
    await button(page, 'Use Windows Hello').waitFor();
  });

  test.each(['cancelled', 'prompt-timeout'])(
    '18, 19: %s is no error and nothing red is said',
    async (answer) => {
      const page = await show('unlock-hello');
      await refuse(page, answer);
      await button(page, 'Use Windows Hello').click();
      await expect.poll(() => proofs(page)).toHaveLength(1);
      await page.waitForTimeout(100);
      expect(await alert(page).textContent()).toBe('');
      expect(await page.locator('dialog [aria-invalid]').count()).toBe(0);
    },
  );

  test('two questions without an answer lay the other ways open: a wiped key looks the same', async () => {
    const page = await show('unlock-hello');
    await refuse(page, 'cancelled');
    for (let i = 0; i < 2; i += 1) await button(page, 'Use Windows Hello').click();
    await button(page, 'PIN').waitFor();
    await page.getByText('Set up again with a code').waitFor();
  });

  test('a refused one says what to do, and the other ways are laid open', async () => {
    const page = await show('unlock-hello');
    await refuse(page, 'unlock-refused');
    await button(page, 'Use Windows Hello').click();
    await alert(page).getByText('Use another way, or set it up again with a code.').waitFor();
    await button(page, 'PIN').waitFor();
  });

  test('16: what cannot be taken is greyed with the reason', async () => {
    const page = await show('unlock-pin');
    await page.getByText('Use another way').click();
    expect(await button(page, /^Authenticator app/).getAttribute('aria-disabled')).toBe('true');
    const system = button(page, /^System sign-in/);
    expect(await system.getAttribute('aria-disabled')).toBe('true');
    expect(await system.textContent()).toContain('Not set up on this device');
    const reasons: [Record<string, unknown>, string][] = [
      [{ enrolled: { pin: true, uvHw: false, uvSoft: true } }, 'Needs a code first'],
      [
        { providers: [{ kind: 'polkit', method: 'uv-soft', obstacle: 'asks-nobody' }] },
        'This system would say yes without asking anybody',
      ],
    ];
    for (const [change, why] of reasons) {
      await page.evaluate(async (patch) => {
        const { unlock } = await window.postern.snapshot();
        window.harness.push({ unlock: { ...unlock, ...patch } });
      }, change);
      await system.getByText(why).waitFor();
    }
    await page.evaluate(async () => {
      const { policy } = await window.postern.snapshot();
      window.harness.push({ policy: policy && { ...policy, unlockMethods: ['pin'] } });
    });
    await system.getByText('Not allowed by your team').waitFor();
  });

  test('a way that left the challenge makes room for the one that is left', async () => {
    const page = await show('unlock-system');
    await page.getByText('Use another way').click();
    await button(page, 'PIN').click();
    await refuse(page, 'pin-removed');
    await pinField(page).fill('000005');
    await page.keyboard.press('Enter');
    await alert(page).getByText('the PIN on this device is gone').waitFor();
    const challenge = await page.evaluate(async () => {
      const { connection } = await window.postern.snapshot();
      return connection.phase === 'gate' ? connection.prompt.challenge : null;
    });
    await pushPrompt(page, { challenge: { ...challenge, unlockMethods: ['uv-soft'] } });
    await button(page, /^Use system sign-in/).waitFor();
  });

  test('where nothing works the way on is a code, by the guided set-up', async () => {
    const page = await show('unlock-nothing-works');
    await button(page, 'Set up again with a code').click();
    await expect.poll(() => sentBy(page, 'connection.cancel')).toHaveLength(1);
    await page.evaluate(() =>
      window.harness.push({ connection: { phase: 'disconnected', cause: null, reason: null, source: null } }),
    );
    await page.getByRole('heading', { name: /^Choose a/ }).waitFor();
  });
});

describe('code and unlock', () => {
  test('both go out in one request, and six digits move on instead of sending', async () => {
    const page = await show('unlock-both');
    await hasFocus(page, 'code');
    await page.keyboard.type('123456');
    await hasFocus(page, 'pin');
    expect(await proofs(page)).toEqual([]);
    await page.keyboard.type(GOOD_PIN);
    await page.keyboard.press('Enter');
    expect(await proofs(page)).toEqual([
      {
        answers: [
          { method: 'totp', code: '123456' },
          { method: 'pin', pin: GOOD_PIN },
        ],
      },
    ]);
  });

  test('after a wrong PIN the code stays, after a wrong code the PIN stays', async () => {
    const page = await show('unlock-both');
    await refuse(page, 'wrong-pin', { attemptsLeft: 4 });
    await page.keyboard.type('123456');
    await page.keyboard.type('000001');
    await page.keyboard.press('Enter');
    await alert(page).getByText('Wrong PIN.').waitFor();
    expect([await code(page).inputValue(), await pinField(page).inputValue()]).toEqual(['123456', '']);
    await hasFocus(page, 'pin');
    await refuse(page, 'invalid-code', { attemptsLeft: 2 });
    await page.keyboard.type(GOOD_PIN);
    await page.keyboard.press('Enter');
    await alert(page).getByText('That code did not match.').waitFor();
    expect([await code(page).inputValue(), await pinField(page).inputValue()]).toEqual(['', GOOD_PIN]);
    await hasFocus(page, 'code');
    expect(await code(page).getAttribute('aria-invalid')).toBe('true');
    expect(await pinField(page).getAttribute('aria-invalid')).toBeNull();
  });

  test('nothing is sent while a part is missing, and the missing part gets focus', async () => {
    const page = await show('unlock-both-hello');
    await button(page, 'Use Windows Hello').click();
    await alert(page).getByText('A code has 6 digits.').waitFor();
    await hasFocus(page, 'code');
    expect(await proofs(page)).toEqual([]);
    await page.keyboard.type('123456');
    await page.keyboard.press('Enter');
    expect(await proofs(page)).toEqual([
      { answers: [{ method: 'totp', code: '123456' }, { method: 'uv-hw' }] },
    ]);
  });

  test('a backup code stands in for the code', async () => {
    const page = await show('unlock-both');
    await page.getByText('Use another way').click();
    await button(page, 'Backup code').click();
    await page.getByLabel('Backup code').fill('7kq0-m2xp-r0ta-9v4n');
    await pinField(page).fill(GOOD_PIN);
    await button(page, 'Connect').click();
    expect(await proofs(page)).toEqual([
      {
        answers: [
          { method: 'backup-code', code: '7kq0-m2xp-r0ta-9v4n' },
          { method: 'pin', pin: GOOD_PIN },
        ],
      },
    ]);
  });
});

describe('lockout and set-up', () => {
  test('14: the lockout is a screen: what happened, what still works, the way on, whom to ask', async () => {
    const page = await show('pin-removed');
    await page.getByRole('heading', { name: 'The PIN on this device is gone' }).waitFor();
    for (const text of ['Too many wrong PINs were entered', 'What still works', 'Tell your administrator'])
      await page.getByText(text).first().waitFor();
    await to('Use authenticator code')(page);
    await page.getByRole('heading', { name: 'Choose a PIN' }).waitFor();
  });

  test('14: it can be put aside, Home offers the set-up, and the next attempt brings it back', async () => {
    const page = await show('pin-removed');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Disconnected' }).waitFor();
    await to('Set up this device')(page);
    await to('Cancel')(page);
    await page.getByRole('heading', { name: 'Disconnected' }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
    await page.evaluate(async () => {
      const { connection, gateways } = await window.postern.snapshot();
      const gatewayId = gateways[0]?.id ?? '';
      window.harness.push({ connection: { phase: 'connecting', gatewayId, attempt: 1, lease: null } });
      await new Promise((resolve) => setTimeout(resolve, 50));
      window.harness.push({ connection });
    });
    await page.getByRole('heading', { name: 'The PIN on this device is gone' }).waitFor();
  });

  test('22: a PIN is chosen twice, judged while it is typed, and said to stay with this device', async () => {
    const page = await show('not-enrolled');
    await to('Set up')(page);
    await page.getByText('stays tied to this device').waitFor();
    const first = page.getByLabel('New PIN');
    await expect.poll(() => first.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await first.evaluate((field: HTMLInputElement) => [field.type, field.autocomplete])).toEqual([
      'password',
      'off',
    ]);
    for (const [typed, verdict] of [
      ['12345', '6 characters or more'],
      ['123456', 'Characters in a row are too easy to guess.'],
      ['777777', 'One character over and over is too easy to guess.'],
      ['12121990', 'This reads as a date'],
      [GOOD_PIN, 'Good.'],
    ] as const) {
      await first.fill(typed);
      await page.getByRole('status').getByText(verdict).waitFor();
    }
    await page.getByLabel('The same again').fill('849272');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The two are not the same.').waitFor();
    await first.fill('123456');
    await to('Next')(page);
    await page.getByRole('alert').getByText('too easy to guess').waitFor();
    expect(await sentBy(page, 'unlock.set-pin')).toEqual([]);
  });

  test('22: code, trial, biometrics with a code of their own, and then the connection', async () => {
    const page = await show('not-enrolled');
    await to('Set up')(page);
    await page.getByLabel('New PIN').fill(GOOD_PIN);
    await page.getByLabel('The same again').fill(GOOD_PIN);
    await page.keyboard.press('Enter');
    await hasFocus(page, 'code');
    await page.keyboard.type('123456');
    await page.getByRole('heading', { name: 'Try it once' }).waitFor();
    expect(await sentBy(page, 'unlock.set-pin')).toEqual([
      { pin: GOOD_PIN, proof: { method: 'totp', code: '123456' } },
    ]);
    await hasFocus(page, 'pin');
    await page.evaluate(() =>
      window.harness.answer(
        'unlock.check',
        {
          ok: false,
          problem: { type: '', code: 'wrong-pin', title: '', status: 401, detail: '', attemptsLeft: 4 },
        },
        { ok: true, value: undefined },
      ),
    );
    await page.keyboard.type('000001');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('4 tries left, then you sign in with a code.').waitFor();
    await page.keyboard.type(GOOD_PIN);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Also use the system sign-in?' }).waitFor();
    await hasFocus(page, 'code');
    await page.keyboard.type('654321');
    await page.getByRole('heading', { name: 'This device is set up' }).waitFor();
    expect(await sentBy(page, 'unlock.turn-on-biometrics')).toEqual([
      { proof: { method: 'totp', code: '654321' } },
    ]);
    await page.keyboard.press('Enter');
    await expect.poll(() => sentBy(page, 'connection.connect')).toEqual([{}]);
  });

  test('a wrong code in the set-up keeps the PIN; Back and a lock of the screen forget it', async () => {
    const page = await show('not-enrolled');
    const choose = async () => {
      await page.getByLabel('New PIN').fill(GOOD_PIN);
      await page.getByLabel('The same again').fill(GOOD_PIN);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Confirm with a code' }).waitFor();
    };
    await page.evaluate(() =>
      window.harness.answer('unlock.set-pin', {
        ok: false,
        problem: { type: '', code: 'invalid-code', title: '', status: 401, detail: '', attemptsLeft: 3 },
      }),
    );
    await to('Set up')(page);
    await choose();
    await page.keyboard.type('111111');
    await page.getByRole('alert').getByText('That code did not match.').waitFor();
    await page.keyboard.type('222222');
    await expect
      .poll(() => sentBy(page, 'unlock.set-pin'))
      .toEqual(
        ['111111', '222222'].map((each) => ({ pin: GOOD_PIN, proof: { method: 'totp', code: each } })),
      );
    await page.keyboard.press('Escape');
    expect(await page.getByLabel('New PIN').inputValue()).toBe('');
    await choose();
    await lock(page);
    await page.getByRole('heading', { name: 'Choose a PIN' }).waitFor();
    expect(await page.getByLabel('New PIN').inputValue()).toBe('');
  });

  test('21: a trial that did not reach the server leaves the PIN typed, and can be sent again', async () => {
    const page = await show('not-enrolled');
    await toTry(page);
    await page.evaluate(() =>
      window.harness.answer('unlock.check', {
        ok: false,
        problem: { type: '', code: 'server-unreachable', title: '', status: 0, detail: '' },
      }),
    );
    await hasFocus(page, 'pin');
    await page.keyboard.type(GOOD_PIN);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('No try was used.').waitFor();
    expect(await pinField(page).inputValue()).toBe(GOOD_PIN);
    await hasFocus(page, 'pin');
    await page.keyboard.press('Enter');
    await expect.poll(() => sentBy(page, 'unlock.check')).toHaveLength(2);
  });

  test('where the team allows nothing that this computer has, it says what stands in the way', async () => {
    const page = await show('not-enrolled-impossible');
    await to('Set up')(page);
    await page.getByText('Postern is not installed as this system wants it.').waitFor();
    await page.getByText('Ask your administrator to allow another way.').waitFor();
    await to('Look again')(page);
    expect(await sentBy(page, 'unlock.refresh')).toHaveLength(1);
  });
});

import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPageLab, type PageLab, refuse, sentBy } from './page-lab.ts';

/** The rules of code entry that the page alone can keep, each by its number in the design. */

let lab: PageLab;
beforeAll(async () => {
  lab = await openPageLab();
});
afterAll(async () => {
  await lab.close();
});

const openGate = (scenario = 'gate-kicked') => lab.show({ scenario });
const field = (page: Page) => page.getByLabel('6-digit code');
const alert = (page: Page) => page.locator('dialog [role=alert]');
const proof = (code: string, method = 'totp') => ({ answers: [{ method, code }] });
const paste = (page: Page, text: string) =>
  field(page).evaluate((input: HTMLInputElement, pasted) => {
    input.focus();
    input.ownerDocument.execCommand('insertText', false, pasted);
  }, text);

test('1: one real text input for one-time codes, whatever is drawn', async () => {
  const page = await openGate();
  expect(await page.locator('dialog input').count()).toBe(1);
  const attributes = await field(page).evaluate((input: HTMLInputElement) => [
    input.type,
    input.inputMode,
    input.autocomplete,
    input.pattern,
    input.maxLength,
  ]);
  expect(attributes).toEqual(['text', 'numeric', 'one-time-code', '[0-9]*', -1]);
});

test.each([
  ['123 456', '123456'],
  ['Your code: 012345', '012345'],
  ['123-456', '123456'],
  ['１２３４５６', '123456'],
  ['\t 123456 \n', '123456'],
])('2, 4, 6: pasting %j sends %s once', async (text, code) => {
  const page = await openGate();
  await paste(page, text);
  await expect.poll(() => sentBy(page, 'connection.submit-proof')).toEqual([proof(code)]);
});

test('a set-up link in place of a code is named, sends nothing, and goes with the next code', async () => {
  const page = await openGate();
  await paste(page, 'otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&digits=6&period=30');
  const words = page.getByText('not a code. Enter the 6 digits');
  await words.waitFor();
  expect(await field(page).inputValue()).toBe('');
  expect(await sentBy(page, 'connection.submit-proof')).toEqual([]);
  await paste(page, '\u200f\u0661\u0662\u0663 \u0664\u0665\u0666');
  await expect.poll(() => sentBy(page, 'connection.submit-proof')).toEqual([proof('123456')]);
  await expect.poll(() => words.count()).toBe(0);
});

test('5: the field has focus when the gate opens, again when the window comes forward, and gives it back', async () => {
  const page = await lab.show({ scenario: 'disconnected' });
  const connect = page.getByRole('button', { name: 'Connect' });
  await connect.focus();
  const gate = await page.evaluate(async () => {
    const snapshot = await window.postern.snapshot();
    const challenge = { id: 'a', nonce: 'b', requires: ['totp' as const], unlockMethods: [], reason: null };
    const prompt = {
      gatewayId: snapshot.gateways[0]?.id ?? '',
      challenge: { ...challenge, expiresAt: new Date(Date.now() + 60_000).toISOString() },
      reason: null,
      lastFailure: null,
      attemptsLeft: null,
      waitUntil: null,
      isChecking: false,
      prompting: null,
    };
    window.harness.push({ connection: { phase: 'gate', prompt } });
    return snapshot.connection;
  });
  await expect.poll(() => field(page).evaluate((input) => input === document.activeElement)).toBe(true);
  await page.getByText('Use another way').focus();
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect.poll(() => field(page).evaluate((input) => input === document.activeElement)).toBe(true);
  await page.evaluate((connection) => window.harness.push({ connection }), gate);
  await expect.poll(() => connect.evaluate((button) => button === document.activeElement)).toBe(true);
});

test('6: the sixth digit sends by itself, once; a value that was sent goes out again only by the button', async () => {
  const page = await openGate();
  await refuse(page, 'invalid-code', { attemptsLeft: 3 });
  expect(await page.getByText('Sends itself after 6 digits').isVisible()).toBe(true);
  await page.keyboard.type('111111');
  await alert(page).getByText('did not match').waitFor();
  await page.keyboard.type('111111');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('1');
  expect(await sentBy(page, 'connection.submit-proof')).toEqual([proof('111111')]);
  await page.keyboard.press('Backspace');
  await page.keyboard.type('2');
  await expect
    .poll(() => sentBy(page, 'connection.submit-proof'))
    .toEqual([proof('111111'), proof('111112')]);
});

test('7: while a code is checked the field is read-only and keeps focus, nothing is sent twice, Esc cancels', async () => {
  const page = await openGate();
  await page.evaluate(() => window.harness.hold('connection.submit-proof'));
  await page.keyboard.type('123456');
  await expect.poll(() => field(page).getAttribute('aria-busy')).toBe('true');
  expect(await field(page).evaluate((input: HTMLInputElement) => [input.readOnly, input.disabled])).toEqual([
    true,
    false,
  ]);
  expect(await field(page).evaluate((input) => input === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect.poll(() => sentBy(page, 'connection.cancel')).toEqual([null]);
  expect(await sentBy(page, 'connection.submit-proof')).toHaveLength(1);
});

test('8, 9: a wrong code clears the field, keeps focus there and says cause, count and next step', async () => {
  const page = await openGate();
  await refuse(page, 'invalid-code', { attemptsLeft: 3 });
  await page.keyboard.type('123456');
  await alert(page).getByText('3 tries left, then you have to wait.').waitFor();
  expect(await field(page).inputValue()).toBe('');
  expect(await field(page).evaluate((input) => input === document.activeElement)).toBe(true);
  expect(await field(page).getAttribute('aria-invalid')).toBe('true');
  const described = (await field(page).getAttribute('aria-describedby')) ?? '';
  expect(described.split(' ')).toContain(await alert(page).getAttribute('id'));
  expect(await alert(page).textContent()).toContain('for Northwind');
});

test('10, 12: a used code counts down to the next one, outside of what is read aloud', async () => {
  const page = await openGate();
  await refuse(page, 'code-already-used', { nextCodeInMs: 12_000 });
  await page.keyboard.type('123456');
  await page
    .getByText(/^Next code in 1[012] s\.$/)
    .first()
    .waitFor();
  expect(await alert(page).textContent()).toBe('Already used.');
  expect(await page.locator('.code-countdown').getAttribute('aria-live')).toBe('off');
});

test('11, 12: a wait disables sending, is announced at its start and its end, and ends by itself', async () => {
  const page = await openGate();
  await refuse(page, 'too-many-attempts', { retryAfterMs: 6500 });
  await page.keyboard.type('123456');
  await page.getByText(/^Try again in 0:0[3-7]$/).waitFor();
  const submit = page.locator('dialog button[type=submit]');
  expect(await submit.getAttribute('aria-disabled')).toBe('true');
  await page.locator('dialog [role=status]', { hasText: /^Wait [567] seconds/ }).waitFor();
  await page.keyboard.type('222222');
  await page.keyboard.press('Enter');
  expect(await sentBy(page, 'connection.submit-proof')).toHaveLength(1);
  await page.locator('dialog [role=status]', { hasText: 'You can try again.' }).waitFor();
  expect(await submit.getAttribute('aria-disabled')).toBeNull();
});

test('11: a wait that main remembers is there from the start, and another method stays open', async () => {
  const page = await openGate('gate-wait');
  await page.getByText(/^Try again in 0:2\d$/).waitFor();
  await page.getByText('Use another way').click();
  await page.getByRole('button', { name: 'Backup code' }).click();
  await page.getByLabel('Backup code').fill('7kq0-m2xp-r0ta-9v4n');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => sentBy(page, 'connection.submit-proof'))
    .toEqual([proof('7kq0-m2xp-r0ta-9v4n', 'backup-code')]);
});

test('12: the regions for errors and progress are there, and empty, before there is anything to say', async () => {
  const page = await openGate();
  expect(await alert(page).textContent()).toBe('');
  expect(await page.locator('dialog [role=status]').textContent()).toBe('');
});

test('13: the last try is named before it is used', async () => {
  const page = await openGate();
  await refuse(page, 'invalid-code', { attemptsLeft: 1 });
  await page.keyboard.type('123456');
  await alert(page).getByText('Last try.').waitFor();
});

test('15: a phone whose clock is off is told so', async () => {
  const page = await openGate();
  await refuse(page, 'invalid-code', { drift: 'ahead' });
  await page.keyboard.type('123456');
  await alert(page).getByText('some minutes ahead').waitFor();
});

test('16: other ways are offered, what is not allowed is greyed and says why', async () => {
  const page = await openGate();
  await page.getByText('Use another way').click();
  const pin = page.getByRole('button', { name: 'PIN' });
  expect(await pin.getAttribute('aria-disabled')).toBe('true');
  expect(await pin.textContent()).toContain('Not asked for by your team');
});

test('20: by keyboard alone: Tab goes field, button, cancel, other way, and never behind the dialog', async () => {
  const page = await openGate();
  const seen: string[] = [];
  for (let i = 0; i < 4; i += 1) {
    seen.push(
      await page.evaluate(() => document.activeElement?.textContent || document.activeElement?.tagName || ''),
    );
    await page.keyboard.press('Tab');
  }
  expect(seen).toEqual(['INPUT', 'Connect', 'Cancel', 'Use another way']);
  for (let i = 0; i < 6; i += 1) {
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(() => document.activeElement?.closest('dialog, body')?.tagName ?? 'none'),
    ).not.toBe('none');
    expect(await page.evaluate(() => document.activeElement?.closest('.frame-body') === null)).toBe(true);
  }
});

test('20: Esc asks main to cancel and the dialog stays until main says so, however often', async () => {
  const page = await openGate();
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('Escape');
  await expect.poll(() => sentBy(page, 'connection.cancel')).toHaveLength(3);
  expect(await field(page).isVisible()).toBe(true);
});

test('21: without a connection the digits stay, no try is counted, and the button sends them again', async () => {
  const page = await openGate();
  await refuse(page, 'server-unreachable');
  await page.keyboard.type('123456');
  await alert(page).getByText('No connection to Northwind. No try was used').waitFor();
  const kept = await field(page).inputValue();
  // The step may have ended just now, which rightly empties the field.
  expect(['123456', '']).toContain(kept);
  if (kept === '') return;
  await page.keyboard.press('Enter');
  await expect.poll(() => sentBy(page, 'connection.submit-proof')).toHaveLength(2);
});

test('what an administrator wrote is shown as text', async () => {
  const page = await openGate();
  await page.evaluate(async () => {
    const { connection } = await window.postern.snapshot();
    if (connection.phase !== 'gate') throw new Error('not at the gate');
    const reason = {
      code: 'administrator',
      message: '<img src=x onerror=alert(1)>',
      at: new Date().toISOString(),
    };
    window.harness.push({ connection: { phase: 'gate', prompt: { ...connection.prompt, reason } } });
  });
  await page.locator('dialog').getByText('<img src=x onerror=alert(1)>').waitFor();
  expect(await page.locator('dialog img').count()).toBe(0);
});

import type { Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { totpAt, totpStep } from '../../src-server/proof/mfa/totp.ts';
import { AppLab, expectPhase, type Member, snapshotOf, within } from './app-lab.ts';
import {
  atGate,
  button,
  codeField,
  connected,
  gateDialog,
  type SignedIn,
  signedIn,
  words,
} from './screen.ts';

let lab: AppLab;
beforeAll(async () => {
  lab = await AppLab.start(24);
});
afterEach(() => lab.endApps());
afterAll(() => lab.stop());

/** Six digits that are no code of this member for a long while. */
function wrongCode(member: Member, nth = 0): string {
  const now = totpStep(Date.now());
  const near = new Set(Array.from({ length: 41 }, (_, index) => totpAt(member.totpSecret, now - 20 + index)));
  let code = 111_111 + nth;
  while (near.has(String(code))) code += 7;
  return String(code);
}

const alertOf = (page: Page) => gateDialog(page).getByRole('alert');
const isFocused = (page: Page) => codeField(page).evaluate((field) => field === document.activeElement);
async function focusComes(page: Page): Promise<void> {
  await expect.poll(() => isFocused(page), within).toBe(true);
}

/** Proofs of this member that the server refused. */
function refusals(member: Member): number {
  const rows = lab.query(
    "select outcome from audit where action = 'proof.totp' and actor = ?",
    `member:${member.id}`,
  );
  return rows.filter(({ outcome }) => outcome === 'refused').length;
}

async function typeWrong(running: SignedIn, nth: number): Promise<void> {
  const before = (await snapshotOf(running.page)).activity.filter(
    ({ kind }) => kind === 'proof-refused',
  ).length;
  await codeField(running.page).fill(wrongCode(running.member, nth));
  await expect
    .poll(
      async () =>
        (await snapshotOf(running.page)).activity.filter(({ kind }) => kind === 'proof-refused').length,
      within,
    )
    .toBe(before + 1);
}

describe('ux.md, the gate on the real stack', () => {
  test('1 the code is one real input', async () => {
    const { page } = await atGate(lab);
    expect(await gateDialog(page).locator('input').count()).toBe(1);
    const attributes = await codeField(page).evaluate((field) =>
      Object.fromEntries(field.getAttributeNames().map((name) => [name, field.getAttribute(name)])),
    );
    expect(attributes).toMatchObject({
      type: 'text',
      inputmode: 'numeric',
      autocomplete: 'one-time-code',
      pattern: '[0-9]*',
    });
    expect(attributes).not.toHaveProperty('maxlength');
  });

  test.each([
    ['typed', (page: Page, code: string) => codeField(page).pressSequentially(code)],
    [
      'pasted as "123 456"',
      (page: Page, code: string) => paste(page, `${code.slice(0, 3)} ${code.slice(3)}`),
    ],
    ['pasted as "Your code: 123456"', (page: Page, code: string) => paste(page, `Your code: ${code}`)],
    ['pasted in full-width digits', (page: Page, code: string) => paste(page, fullWidth(code))],
    ['filled by a password manager', (page: Page, code: string) => autofill(page, code)],
  ])('2, 4 and 6 a code that is %s gets in by itself', async (_how, enter) => {
    const { page, codes } = await atGate(lab);
    await enter(page, codes.current);
    await expectPhase(page, 'connected');
  });

  test('5 the field has the focus when the gate opens, again when the window comes back, and gives it back', async () => {
    const { page, desktop } = await signedIn(lab);
    // Without the grace of the sign-in a plain connect asks.
    await button(page, words.home.connect).click();
    await expectPhase(page, 'connected');
    await button(page, words.home.disconnect).click();
    await expectPhase(page, 'disconnected');
    await button(page, words.home.connect).focus();
    await page.keyboard.press('Enter');
    await gateDialog(page).waitFor();
    await focusComes(page);
    await codeField(page).evaluate((field) => field instanceof HTMLElement && field.blur());
    await desktop.closeWindow();
    await expect.poll(() => page.evaluate(() => document.visibilityState), within).toBe('hidden');
    await desktop.clickTray('Open Postern');
    await focusComes(page);
    await page.keyboard.press('Escape');
    await expectPhase(page, 'disconnected');
    await gateDialog(page).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(words.home.connect);
  });

  test('6 and 8 a wrong code is said, the field is empty and focused, and the same value is not sent twice by itself', async () => {
    const running = await atGate(lab);
    const { page, member } = running;
    const wrong = wrongCode(member);
    await typeWrong(running, 0);
    await expect.poll(() => alertOf(page).textContent(), within).toContain('That code did not match');
    expect(await codeField(page).inputValue()).toBe('');
    await focusComes(page);
    expect(await codeField(page).getAttribute('aria-invalid')).toBe('true');
    const describedBy = (await codeField(page).getAttribute('aria-describedby')) ?? '';
    const described = await page.evaluate(
      (ids) => ids.split(' ').map((id) => document.getElementById(id)?.textContent ?? ''),
      describedBy,
    );
    expect(described.join(' ')).toContain('That code did not match');
    expect(refusals(member)).toBe(1);
    await codeField(page).fill(wrong);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(refusals(member)).toBe(1);
    expect(await codeField(page).inputValue()).toBe(wrong);
  });

  test('7 while the server thinks the field is read-only, focused and busy, and Esc cancels', async () => {
    const { page, codes } = await atGate(lab);
    lab.pauseServer(true);
    try {
      await codeField(page).pressSequentially(codes.current);
      await expect.poll(() => codeField(page).getAttribute('aria-busy'), within).toBe('true');
      expect(
        await codeField(page).evaluate((field) => field instanceof HTMLInputElement && field.readOnly),
      ).toBe(true);
      expect(await isFocused(page)).toBe(true);
      await page.keyboard.press('Escape');
      await expectPhase(page, 'disconnected');
    } finally {
      lab.pauseServer(false);
    }
  });

  test('9, 11, 12 and 13 tries are counted by the server, the last is announced, then there is a wait that outlives the app', async () => {
    const running = await atGate(lab);
    const { page, member, env, app } = running;
    expect(await alertOf(page).textContent()).toBe('');
    expect(await gateDialog(page).getByRole('status').allTextContents()).toEqual(['']);
    await typeWrong(running, 0);
    await expect.poll(() => alertOf(page).textContent(), within).toMatch(/4 tries left/);
    for (const nth of [1, 2, 3]) await typeWrong(running, nth);
    await expect.poll(() => alertOf(page).textContent(), within).toContain(words.code.lastTry);
    await typeWrong(running, 4);
    await expect.poll(() => gateDialog(page).textContent(), within).toMatch(/Try again in 0:\d\d/);
    expect(await button(gateDialog(page), words.gate.submit).getAttribute('aria-disabled')).toBe('true');
    expect(await gateDialog(page).locator('.code-countdown').getAttribute('aria-live')).toBe('off');

    await app.stop();
    const again = await lab.launch({ env });
    const fresh = await again.desktop.page();
    await button(fresh, words.home.connect).click();
    await gateDialog(fresh).waitFor();
    const { next } = await lab.codes(member);
    await codeField(fresh).pressSequentially(next);
    await expect.poll(() => gateDialog(fresh).textContent(), within).toMatch(/Try again in \d:\d\d/);
    expect((await snapshotOf(fresh)).connection.phase).toBe('gate');
  });

  test('10 a code that was used says so, and counts down to the next', async () => {
    const { page, codes, member } = await atGate(lab);
    await codeField(page).pressSequentially(codes.current);
    await expectPhase(page, 'connected');
    await lab.kick(member);
    await gateDialog(page).waitFor();
    await codeField(page).pressSequentially(codes.current);
    await expect
      .poll(() => gateDialog(page).textContent(), within)
      .toMatch(/Already used\..*Next code in \d+ s/);
    await codeField(page).pressSequentially(codes.next);
    await expectPhase(page, 'connected');
  });

  test('15 a phone whose clock is wrong is told which way', async () => {
    const { page, member } = await atGate(lab);
    await codeField(page).fill(totpAt(member.totpSecret, totpStep(Date.now()) + 5));
    await expect.poll(() => alertOf(page).textContent(), within).toContain(words.code.drift.ahead);
  });

  test('16 other ways are always there, and what is not allowed says why', async () => {
    const { page } = await atGate(lab);
    await page.getByText(words.code.otherWay).click();
    const pin = page.getByRole('button', { name: words.unlock.pin.name });
    expect(await pin.getAttribute('aria-disabled')).toBe('true');
    expect(await pin.textContent()).toContain(words.unlock.why['not-asked']);
    await page.getByRole('button', { name: words.code.methods['backup-code'] }).click();
    const backup = page.getByLabel(words.code.backupLabel);
    await expect.poll(() => backup.evaluate((field) => field === document.activeElement), within).toBe(true);
    await backup.fill('aaaa-bbbb-cccc');
    await page.keyboard.press('Enter');
    await expect.poll(() => alertOf(page).textContent(), within).not.toBe('');
    expect((await snapshotOf(page)).connection.phase).toBe('gate');
  });

  test('20 by keyboard alone: Enter sends, Tab goes field, button, other way, Esc cancels', async () => {
    const { page } = await atGate(lab);
    await focusComes(page);
    await page.keyboard.press('Enter');
    await expect.poll(() => alertOf(page).textContent(), within).toContain(words.code.sixDigits);
    const order: string[] = [];
    for (let stop = 0; stop < 3; stop++) {
      await page.keyboard.press('Tab');
      order.push((await page.evaluate(() => document.activeElement?.textContent?.trim())) ?? '');
    }
    expect(order).toEqual([words.gate.submit, words.common.cancel, words.code.otherWay]);
    await page.keyboard.press('Escape');
    await expectPhase(page, 'disconnected');
  });

  test('21 without a server no try is used, the digits stay, and the same digits get in when it is back', async () => {
    const { page, codes, member } = await atGate(lab);
    await lab.killServer();
    try {
      await codeField(page).pressSequentially(codes.next);
      await expect.poll(() => alertOf(page).textContent(), within).toContain('No try was used');
      expect(await codeField(page).inputValue()).toBe(codes.next);
    } finally {
      await lab.startServer();
    }
    expect(refusals(member)).toBe(0);
    await expect
      .poll(
        async () => {
          if ((await snapshotOf(page)).connection.phase !== 'gate') return 'in';
          // Once its step is over a code is dropped, as the rule says; then the phone shows another.
          const isDropped = (await codeField(page).inputValue()) === '';
          if (isDropped) await codeField(page).fill((await lab.codes(member)).next);
          else await page.keyboard.press('Enter');
          return 'out';
        },
        { ...within, interval: 500 },
      )
      .toBe('in');
    await expectPhase(page, 'connected');
  });
});

test('cancel closes the gate, asks nothing more, and nothing reconnects by itself', async () => {
  const { page, codes } = await atGate(lab);
  await button(gateDialog(page), words.common.cancel).click();
  await expectPhase(page, 'disconnected');
  await gateDialog(page).waitFor({ state: 'detached' });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect((await snapshotOf(page)).connection.phase).toBe('disconnected');
  expect(await lab.tunnelWorks()).toBe(false);
  await button(page, words.home.connect).click();
  await gateDialog(page).waitFor();
  await codeField(page).pressSequentially(codes.current);
  await expectPhase(page, 'connected');
});

test('"Renew now" asks while the tunnel stays up, and a fresh code moves the end', async () => {
  const { page, codes } = await connected(lab);
  const before = await snapshotOf(page);
  await button(page, words.home.renew).click();
  await gateDialog(page).waitFor();
  expect(await gateDialog(page).textContent()).toContain(words.gate.renewText);
  expect(await lab.tunnelWorks()).toBe(true);
  await codeField(page).pressSequentially(codes.current);
  await gateDialog(page).waitFor({ state: 'detached' });
  const after = await snapshotOf(page);
  if (before.connection.phase !== 'connected' || after.connection.phase !== 'connected')
    throw new Error('the connection did not stay up');
  expect(after.connection.lease.leaseId).not.toBe(before.connection.lease.leaseId);
  expect(after.connection.since).toBe(before.connection.since);
});

/** Copied elsewhere in the page and pasted by the keyboard: a real paste of the browser. */
async function paste(page: Page, text: string): Promise<void> {
  await gateDialog(page).evaluate((dialog, copied) => {
    const source = document.createElement('textarea');
    source.value = copied;
    dialog.append(source);
    source.select();
  }, text);
  await page.keyboard.press('ControlOrMeta+c');
  await gateDialog(page).evaluate((dialog) => dialog.querySelector('textarea')?.remove());
  await codeField(page).focus();
  await page.keyboard.press('ControlOrMeta+v');
}

/** As password managers fill: the value set from outside, and the events that a person's typing would make. */
async function autofill(page: Page, code: string): Promise<void> {
  await codeField(page).fill(code);
}

function fullWidth(code: string): string {
  return [...code].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('');
}

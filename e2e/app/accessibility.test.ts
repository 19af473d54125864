import type { Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from '../axe/axe-violations.ts';
import { AppLab, expectPhase, snapshotOf, within } from './app-lab.ts';
import {
  atGate,
  button,
  codeField,
  connected,
  gateDialog,
  givePassword,
  lookUpServer,
  type SignedIn,
  signedIn,
  words,
} from './screen.ts';

let lab: AppLab;
beforeAll(async () => {
  lab = await AppLab.start(12);
});
afterEach(() => lab.endApps());
afterAll(() => lab.stop());

const moving = (page: Page): Promise<number> =>
  page.evaluate(
    () => document.getAnimations().filter((animation) => animation.playState === 'running').length,
  );

async function violations(page: Page, without: string[] = []): Promise<string[]> {
  // Halfway through a transition every colour is another one. Rings and spinners turn for ever.
  const isFading = (): boolean =>
    document
      .getAnimations()
      .some((animation) => animation instanceof CSSTransition && animation.playState === 'running');
  await expect.poll(() => page.evaluate(isFading), within).toBe(false);
  return axeViolations(page, { without });
}

async function inBothThemes(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await violations(page), `${name}, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

describe('axe finds nothing, in light and dark', () => {
  test('from the first screen to the code of the sign-in', async () => {
    const { desktop } = await lab.launch();
    const page = await desktop.page();
    const member = lab.newMember();
    await button(page, words.signIn.continue).waitFor();
    await inBothThemes(page, 'server');
    await lookUpServer(page);
    await inBothThemes(page, 'password');
    await givePassword(page, member);
    await inBothThemes(page, 'code');
  });

  test('on every screen while connected, and at the gate', async () => {
    const { page, member } = await connected(lab);
    await inBothThemes(page, 'home');
    for (const screen of ['activity', 'settings', 'help'] as const) {
      await button(page, words.nav[screen]).click();
      await page.getByRole('heading', { level: 1, name: words[screen].title }).waitFor();
      await inBothThemes(page, screen);
    }
    await button(page, words.nav.home).click();
    await lab.kick(member);
    await gateDialog(page).waitFor();
    await inBothThemes(page, 'gate');
  });
});

test.each([
  ['200 % zoom', ({ desktop }: SignedIn) => desktop.zoom(2)],
  ['360 px', ({ desktop }: SignedIn) => desktop.resize(360, 700)],
])('at %s nothing is cut off and the code still gets in', async (_name, change) => {
  const running = await atGate(lab);
  const { page, codes } = running;
  await change(running);
  await expect.poll(() => page.evaluate(() => innerWidth), within).toBeLessThan(500);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  // The input itself is wider than its six slots, and clipped to them.
  const parts = [gateDialog(page).locator('.code-field'), button(gateDialog(page), words.gate.submit)];
  for (const part of parts) {
    await part.scrollIntoViewIfNeeded();
    const box = await part.boundingBox();
    const width = await page.evaluate(() => innerWidth);
    expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true);
  }
  await codeField(page).pressSequentially(codes.current);
  await expectPhase(page, 'connected');
  for (const screen of ['home', 'activity', 'settings', 'help'] as const) {
    await button(page, words.nav[screen]).click();
    expect(await overflow(page), screen).toBeLessThanOrEqual(0);
  }
});

test('with forced colours the state, the field and the focus stay visible', async () => {
  const { page } = await atGate(lab);
  await page.emulateMedia({ forcedColors: 'active' });
  await codeField(page).focus();
  const looks = await gateDialog(page).evaluate((dialog) => {
    const visible = (element: Element | null): boolean => {
      if (!element) return false;
      const { borderTopWidth, borderTopStyle, outlineStyle, outlineWidth } = getComputedStyle(element);
      return (
        (borderTopStyle !== 'none' && Number.parseFloat(borderTopWidth) > 0) ||
        (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0)
      );
    };
    return { dialog: visible(dialog), slot: visible(dialog.querySelector('.code-slot')) };
  });
  expect(looks).toEqual({ dialog: true, slot: true });
  // The colours are the system's own here, and axe reads those that the style sheet names.
  expect(await violations(page, ['color-contrast'])).toEqual([]);
});

test('with reduced motion nothing moves', async () => {
  const { page } = await signedIn(lab);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  lab.pauseServer(true);
  try {
    await button(page, words.home.connect).click();
    await expect.poll(() => moving(page), within).toBeGreaterThan(0);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await expect.poll(() => moving(page), within).toBe(0);
  } finally {
    lab.pauseServer(false);
  }
});

test('by keyboard alone: from the first screen to a connection, and through every screen', async () => {
  const { desktop } = await lab.launch();
  const page = await desktop.page();
  const member = lab.newMember();
  const { previous } = await lab.codes(member);
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
  const tabTo = async (label: string): Promise<void> => {
    for (let stops = 0; stops < 30; stops++) {
      if ((await focused()) === label) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab never came to "${label}"`);
  };
  await button(page, words.signIn.continue).waitFor();
  await page.keyboard.press('Enter');
  await page.getByLabel(words.credentials.email).waitFor();
  await page.keyboard.type(member.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(member.password);
  await page.keyboard.press('Enter');
  await codeField(page).waitFor();
  await page.keyboard.type(previous);
  await page.getByRole('navigation').waitFor();
  for (const screen of ['activity', 'settings', 'help', 'home'] as const) {
    await tabTo(words.nav[screen]);
    await page.keyboard.press('Enter');
    if (screen !== 'home') await page.getByRole('heading', { level: 1, name: words[screen].title }).waitFor();
  }
  await tabTo(words.home.connect);
  await page.keyboard.press('Enter');
  await expectPhase(page, 'connected');
  expect(await focused()).toBe(words.home.disconnect);
  expect((await snapshotOf(page)).account?.email).toBe(member.email);
});

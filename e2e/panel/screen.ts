import type { Locator, Page } from '@playwright/test';

export const heading = (page: Page, name: string): Locator =>
  page.getByRole('heading', { name, exact: true });
export const button = (page: Page | Locator, name: string): Locator =>
  page.getByRole('button', { name, exact: true });
/** What is told as a refusal or a failure, anywhere on the page. */
export const alert = (page: Page | Locator, text: string | RegExp): Locator =>
  page.getByRole('alert').filter({ hasText: text });
/** What was just done. */
export const note = (page: Page, text: string | RegExp): Locator =>
  page.getByRole('status').filter({ hasText: text });
/** One of the cards of a page, by its heading. */
export const card = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
export const codeField = (page: Page): Locator => page.getByLabel('6-digit code');

/** The secret that is on screen to be typed into an app. */
export async function shownSecret(page: Page): Promise<string> {
  return ((await page.locator('.secret').textContent()) ?? '').replaceAll(/\s/g, '');
}

/** The ten codes on screen. */
export function shownCodes(page: Page): Promise<string[]> {
  return page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem').allInnerTexts();
}

/** Says that the codes are saved, and goes on. */
export async function saveCodes(page: Page): Promise<string[]> {
  await heading(page, 'Save your backup codes').waitFor();
  const codes = await shownCodes(page);
  await page.getByLabel('I have saved them').check();
  await button(page, 'Continue').click();
  return codes;
}

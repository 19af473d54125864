import type { Page } from '@playwright/test';
import { refuse } from './page-lab.ts';

/** How a person gets to the screens of PIN and biometrics. */

export const to = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).click();
export const pinField = (page: Page) => page.getByLabel('PIN', { exact: true });
export const GOOD_PIN = '849271';

export async function toRemove(page: Page): Promise<void> {
  await to('Settings')(page);
  await page.getByRole('button', { name: 'Remove old-desktop' }).click();
  await page.getByText('Remove old-desktop?').waitFor();
}
export async function toOtherWays(page: Page): Promise<void> {
  await page.getByText('Use another way').click();
}
export async function toWrongPin(page: Page): Promise<void> {
  await refuse(page, 'wrong-pin', { attemptsLeft: 3 });
  await page.getByLabel('6-digit code').fill('123456');
  await pinField(page).fill('000001');
  await to('Connect')(page);
  await page.getByText('Wrong PIN.').waitFor();
}
export async function toChoose(page: Page): Promise<void> {
  await to('Set up')(page);
  await page.getByRole('heading', { name: 'Choose a PIN' }).waitFor();
}
export async function toConfirm(page: Page): Promise<void> {
  await toChoose(page);
  await page.getByLabel('New PIN').fill(GOOD_PIN);
  await page.getByLabel('The same again').fill(GOOD_PIN);
  await to('Next')(page);
  await page.getByRole('heading', { name: 'Confirm with a code' }).waitFor();
}
export async function toTry(page: Page): Promise<void> {
  await toConfirm(page);
  await page.getByLabel('6-digit code').fill('123456');
  await page.getByRole('heading', { name: 'Try it once' }).waitFor();
}
export async function toBiometrics(page: Page): Promise<void> {
  await toTry(page);
  await pinField(page).fill(GOOD_PIN);
  await to('Try it')(page);
  await page.getByRole('heading', { name: 'Also use the system sign-in?' }).waitFor();
}
export async function toDone(page: Page): Promise<void> {
  await toBiometrics(page);
  await page.getByLabel('6-digit code').fill('654321');
  await page.getByRole('heading', { name: 'This device is set up' }).waitFor();
}

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { givePassword, PanelLab, type Person } from '../../e2e/panel/lab.ts';
import { themes } from './shots.ts';

/** Where a picture is taken: who is signed in, on which page, and what is done there first. */
interface Picture {
  name: string;
  who: 'nobody' | 'member' | 'newcomer' | 'administrator';
  at: string;
  go?: (page: Page) => Promise<void>;
  width?: number;
}

/** Until new colours are drawn. */
const SETTLE_MS = 300;

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

const pictures: readonly Picture[] = [
  { name: 'sign-in', who: 'nobody', at: '/' },
  { name: 'reset-link', who: 'nobody', at: '/mfa-reset#example' },
  {
    name: 'set-up',
    who: 'newcomer',
    at: '/',
    go: (page) => page.getByRole('img', { name: 'QR code' }).waitFor(),
  },
  { name: 'security', who: 'member', at: '/account/security' },
  { name: 'security-narrow', who: 'member', at: '/account/security', width: 360 },
  {
    name: 'change-password',
    who: 'member',
    at: '/account/security',
    go: (page) => press(page, 'Change password'),
  },
  { name: 'devices', who: 'member', at: '/account/devices' },
  { name: 'activity', who: 'member', at: '/account/activity' },
  { name: 'overview', who: 'administrator', at: '/overview' },
  { name: 'members', who: 'administrator', at: '/members' },
  { name: 'members-narrow', who: 'administrator', at: '/members', width: 360 },
  { name: 'login-security', who: 'administrator', at: '/login-security' },
  { name: 'gateways', who: 'administrator', at: '/gateways' },
  { name: 'api-tokens', who: 'administrator', at: '/api-tokens' },
  { name: 'audit', who: 'administrator', at: '/audit' },
  { name: 'api', who: 'administrator', at: '/api-console' },
];

/**
 * Pictures of the Control Panel in light and dark, from the real server on a stack of its own: `<name>-<theme>.png`.
 * Each person signs in once; a code works once.
 */
export async function takePanelPictures(folder: string, onTaken: (file: string) => void): Promise<void> {
  const lab = await PanelLab.start(6);
  try {
    const people: Record<Exclude<Picture['who'], 'nobody' | 'newcomer'>, Person> = {
      member: lab.newMember(),
      administrator: lab.admin,
    };
    const open = new Map<Picture['who'], Page>();
    for (const picture of pictures) {
      let page = open.get(picture.who);
      if (!page) {
        page = (await lab.visit()).page;
        open.set(picture.who, page);
        if (picture.who === 'newcomer') await givePassword(page, await lab.addMember());
        else if (picture.who !== 'nobody') page = (await lab.signedIn(people[picture.who])).page;
        open.set(picture.who, page);
      }
      await take(page, picture, lab.url, async (theme, bytes) => {
        const file = `${picture.name}-${theme}.png`;
        writeFileSync(path.join(folder, file), bytes);
        onTaken(file);
      });
    }
  } finally {
    await lab.stop();
  }
}

async function take(
  page: Page,
  picture: Picture,
  url: string,
  save: (theme: string, bytes: Buffer) => Promise<void>,
): Promise<void> {
  await page.setViewportSize({ width: picture.width ?? 1280, height: 800 });
  // The set-up is a step of a sign-in, and has no address.
  if (picture.who !== 'newcomer') await page.goto(url + picture.at);
  await page.locator('h1').first().waitFor();
  await picture.go?.(page);
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => document.querySelector('[aria-busy]') === null);
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.waitForTimeout(SETTLE_MS);
    await save(theme, await page.screenshot());
  }
}

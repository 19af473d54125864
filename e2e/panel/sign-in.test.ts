import { afterAll, beforeAll, expect, test } from 'vitest';
import { PanelLab, signIn } from './lab.ts';

let lab: PanelLab;
beforeAll(async () => {
  lab = await PanelLab.start(10);
});
afterAll(() => lab?.stop());

test('a member signs in with password and code, and the page complains of nothing', async () => {
  const { page, complaints } = await lab.visit();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const member = lab.newMember();
  await signIn(page, member);
  await page.getByRole('heading', { name: 'Security' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/account/security');
  expect(await page.title()).toBe('Security · Postern local stack');
  expect(complaints).toEqual([]);
});

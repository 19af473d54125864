import { afterAll, beforeAll, expect, test } from 'vitest';
import { adminPaths, adminRoutes, connect, expectPeer } from './admin-steps.ts';
import { expectAccessible, expectFits, PanelLab, type Visit, within } from './lab.ts';

let lab: PanelLab;
let admin: Visit;
beforeAll(async () => {
  lab = await PanelLab.start(4);
  admin = await lab.signedIn(lab.admin);
});
afterAll(() => lab?.stop());

test('an administrator begins with who is connected now, and it follows by itself', async () => {
  const { page, complaints } = admin;
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await page.getByText('Nobody is connected').waitFor();
  const client = await connect(lab, lab.newMember());
  await expectPeer(lab, client, true);
  const row = page
    .getByRole('table', { name: 'Connected now' })
    .getByRole('row')
    .filter({ hasText: 'Member 1' });
  await row.waitFor();
  expect(await row.textContent()).toContain('gw1');
  client.close();
  expect(complaints).toEqual([]);
});

test('disconnects and step-ups are a chart, and the same numbers are a table', async () => {
  const { page } = admin;
  await page.getByRole('img', { name: /0 disconnects, [1-9]\d* step-up/ }).waitFor();
  await page.getByRole('radio', { name: 'Table' }).check();
  const table = page.getByRole('table', { name: 'Disconnects and step-ups' });
  expect(await table.getByRole('row').count()).toBe(25);
  await page.getByRole('radio', { name: '30 days' }).check();
  await expect.poll(() => new URL(page.url()).search, within).toBe('?range=30d');
  await expect.poll(() => table.getByRole('row').count(), within).toBe(31);
  await page.getByRole('radio', { name: 'Chart' }).check();
});

test('what needs attention says so and leads to where it is put right', async () => {
  const { page } = admin;
  await lab.addMember();
  const item = page
    .getByRole('listitem')
    .filter({ hasText: 'no authenticator, though MFA is required: New Member 1' });
  await item.waitFor();
  await item.getByRole('link', { name: /^Look/ }).click();
  await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
  expect(await page.getByLabel('Status').inputValue()).toBe('no-mfa');
  await page.getByRole('link', { name: 'New Member 1' }).waitFor();
});

test('every page of the administrators is accessible in light and dark, from 360 to 1600 px', async () => {
  const { page, complaints } = admin;
  const ids = [`/members/${lab.file.members[0]?.id}`, `/gateways/${lab.file.gateways[0]?.id}`];
  for (const at of [...adminPaths, ...ids]) {
    await page.goto(`${lab.url}${at}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expect.poll(() => page.locator('[aria-busy="true"]').count(), within).toBe(0);
    await expectAccessible(page, at);
    await expectFits(page, at);
  }
  expect(complaints).toEqual([]);
});

test('the pages speak German to who prefers it', async () => {
  const { page } = admin;
  await page.evaluate(() => localStorage.setItem('postern-panel', JSON.stringify({ language: 'de' })));
  for (const [at, title] of [
    ['/overview', 'Übersicht'],
    ['/members', 'Mitglieder'],
    ['/login-security', 'MFA & Anmeldesicherheit'],
    ['/audit', 'Protokoll'],
  ]) {
    await page.goto(`${lab.url}${at}`);
    await page.getByRole('heading', { name: title ?? '', level: 1 }).waitFor();
  }
  await page.evaluate(() => localStorage.removeItem('postern-panel'));
});

test('a member sees no page of the administrators, and every route behind them answers 403', async () => {
  const { page } = await lab.signedIn(lab.newMember());
  await page.getByRole('heading', { name: 'Security' }).waitFor();
  const links = await page.getByRole('navigation').getByRole('link').allTextContents();
  expect(links).not.toContain('Members');
  for (const at of adminPaths) {
    await page.goto(`${lab.url}${at}`);
    await page.getByRole('heading', { name: 'This page is for administrators' }).waitFor();
  }
  const answers = await page.evaluate(
    (routes) =>
      Promise.all(routes.map(async (route) => [route, (await fetch(`/panel/v1/${route}`)).status] as const)),
    [...adminRoutes],
  );
  expect(answers).toEqual(adminRoutes.map((route) => [route, 403]));
});

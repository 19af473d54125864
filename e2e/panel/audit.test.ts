import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PanelLab, type Visit, within } from './lab.ts';

let lab: PanelLab;
let admin: Visit;
beforeAll(async () => {
  lab = await PanelLab.start(2);
  admin = await lab.signedIn(lab.admin, '/audit');
});
afterAll(() => lab?.stop());

const rows = (page: Page) => page.getByRole('table', { name: 'Audit log' }).locator('tbody tr');
const search = (page: Page) => page.getByLabel('Search names, addresses');

async function exported(page: Page, name: string): Promise<string> {
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name }).click();
  return readFile(await (await coming).path(), 'utf8');
}

test('search and filters narrow the rows, and are in the address for others to open', async () => {
  const { page } = admin;
  await rows(page).first().waitFor();
  await page.getByLabel('Action', { exact: true }).selectOption('member.add');
  await expect.poll(() => rows(page).count(), within).toBe(3);
  await search(page).fill('member1');
  await expect.poll(() => rows(page).count(), within).toBe(1);
  expect(new URL(page.url()).search).toBe('?action=member.add&search=member1');
  await page.reload();
  await expect.poll(() => rows(page).count(), within).toBe(1);
  expect(await rows(page).first().textContent()).toContain('Member 1');
  await page.getByLabel('Outcome', { exact: true }).selectOption('refused');
  await page.getByText('No row fits').waitFor();
});

test('whoever is named can be filtered by, and the filter taken away', async () => {
  const { page } = admin;
  await page.goto(`${lab.url}/audit?action=session.begin`);
  await rows(page)
    .first()
    .getByRole('button', { name: /Ada Admin/ })
    .first()
    .click();
  await expect.poll(() => new URL(page.url()).searchParams.get('actor'), within).toMatch(/^member:/);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect.poll(() => new URL(page.url()).search, within).toBe('');
});

test('a time in the address narrows the rows; a broken one is said and left out', async () => {
  const { page } = admin;
  await page.goto(`${lab.url}/audit?to=2020-01-01T00:00:00Z`);
  await page.getByText('No row fits').waitFor();
  await page.goto(`${lab.url}/audit?from=yesterday`);
  await page.getByText('The time in the address is not understood').waitFor();
  await rows(page).first().waitFor();
});

test('the export has what the filter leaves, as CSV and as JSON lines', async () => {
  const { page } = admin;
  await page.goto(`${lab.url}/audit?action=member.add`);
  await expect.poll(() => rows(page).count(), within).toBe(3);
  const lines = (await exported(page, 'Export JSON lines')).trim().split('\n');
  const parsed: unknown[] = lines.map((line) => JSON.parse(line));
  expect(parsed).toHaveLength(3);
  expect(parsed[0]).toMatchObject({ action: 'member.add', outcome: 'ok' });
  const csv = (await exported(page, 'Export CSV')).trim().split('\r\n');
  expect(csv).toHaveLength(4);
  expect(csv[0]).toContain('seq,at,actor');
});

test('the live view puts new rows in front by itself', async () => {
  const { page } = admin;
  await page.goto(`${lab.url}/audit?action=sign-in.password&outcome=refused`);
  await page.getByText('No row fits').waitFor();
  await page.getByRole('switch', { name: 'Live view' }).check();
  await lab.ask('POST', '/panel/v1/sign-in', {}, { email: lab.admin.email, password: 'wrong' });
  await expect.poll(() => rows(page).count(), within).toBe(1);
  await expect.poll(() => page.getByRole('status').allTextContents(), within).toContain('1 new row');
});

test('many rows page by key: none is missed and none comes twice', async () => {
  const { page } = admin;
  for (let index = 0; index < 40; index += 1) {
    const headers = { authorization: `Bearer ${lab.file.apiToken}` };
    await lab.ask('GET', '/api/v1/test-connection', headers);
  }
  await page.goto(`${lab.url}/audit`);
  await expect.poll(() => rows(page).count(), within).toBe(50);
  const more = page.getByRole('button', { name: 'Show older' });
  for (let pages = 0; pages < 10 && (await more.count()) > 0; pages += 1) {
    const before = await rows(page).count();
    await more.click();
    await expect.poll(() => rows(page).count(), within).toBeGreaterThan(before);
  }
  const seqs = await page.locator('.audit-details summary .visually-hidden').allTextContents();
  expect(new Set(seqs).size).toBe(seqs.length);
  const [{ count } = { count: 0 }] = lab.sql('select count(*) as count from audit');
  expect(await rows(page).count()).toBe(count);
});

test('the chain is verified with its progress, and a changed row is found', async () => {
  const { page } = admin;
  await page.goto(`${lab.url}/audit`);
  await page.getByText('Not verified since the server started.').waitFor();
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  await page.getByText(/Verified .*: all \d+ rows follow from one another\./).waitFor();
  // Whoever has the file can do this; the server itself cannot.
  lab.sql('drop trigger audit_no_update');
  lab.sql('update audit set details_json = \'{"changed":true}\' where seq = 3');
  await page.getByRole('button', { name: 'Verify again' }).click();
  await page.getByText('Broken at row 3').waitFor();
  await page.goto(`${lab.url}/overview`);
  await page.getByText('The chain of the audit log is broken at row 3.', { exact: true }).waitFor();
  expect(admin.complaints).toEqual([]);
});

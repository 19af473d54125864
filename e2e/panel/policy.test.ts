import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, expectPeer } from './admin-steps.ts';
import { expectAccessible, expectFits, PanelLab, signIn, type Visit, within } from './lab.ts';
import { codeField } from './screen.ts';

let lab: PanelLab;
let admin: Visit;
beforeAll(async () => {
  lab = await PanelLab.start(4, ['totpPriorConnection=false']);
  admin = await lab.signedIn(lab.admin, '/login-security');
});
afterAll(() => lab?.stop());

const title = { name: 'MFA & Login Security', level: 1 } as const;
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const inForce = () => lab.command('policy', 'show');
const warning = (page: Page) => page.getByText('ending a session is without effect');
async function saveOn(page: Page): Promise<void> {
  await press(page, 'Save');
  await page.getByText('Saved. The rules are in force.').waitFor();
}

test('with neither policy on, a warning stays in sight on every page', async () => {
  const { page } = admin;
  await page.getByRole('heading', title).waitFor();
  await warning(page).waitFor();
  await page.getByRole('link', { name: 'Members' }).click();
  await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
  await warning(page).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByText('a step-up disconnect is without effect').first().waitFor();
});

test('a disconnect warns that the client may reconnect by itself', async () => {
  const { page } = admin;
  const member = lab.newMember();
  await page.goto(`${lab.url}/members/${member.id}`);
  await press(page, 'Disconnect');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('the client may reconnect by itself').waitFor();
  await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await dialog.getByText('There was no connection to end.').waitFor();
  await dialog.getByText('the client may reconnect by itself').waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();
});

test('a change says whom it affects before it is saved, and tightening ends live connections', async () => {
  const { page } = admin;
  const client = await connect(lab, lab.newMember());
  await expectPeer(lab, client, true);
  await page.goto(`${lab.url}/login-security`);
  await page.getByText('No changes yet.').waitFor();
  await page.getByRole('switch', { name: 'TOTP Prior Connection' }).check();
  await page.getByText('1 member is connected, 1 of them will be asked for a code.').waitFor();
  await page.getByText('takes effect on live connections at once').waitFor();
  await expectPeer(lab, client, true);
  await saveOn(page);
  await expectPeer(lab, client, false);
  await expect.poll(() => warning(page).count(), within).toBe(0);
  expect(inForce()).toMatch(/totpPriorConnection\W+true/);
  client.close();
});

test('every rule can be set, is read back, and nonsense is refused beside its field', async () => {
  const { page } = admin;
  await page.getByRole('switch', { name: 'PIN & Biometrics Prior Connection' }).check();
  await page.getByRole('checkbox', { name: /^Hardware key/ }).uncheck();
  await page.getByLabel('A system sign-in counts for (hours)').fill('999');
  await page.getByText('A whole number from 0 to 168.').waitFor();
  expect(await page.getByRole('button', { name: 'Save', exact: true }).count()).toBe(0);
  await page.getByLabel('A system sign-in counts for (hours)').fill('8');
  await page.getByLabel('Longest connection').fill('12');
  await page.getByRole('radio', { name: /^Block everything/ }).check();
  await page.getByRole('switch', { name: 'Client application' }).uncheck();
  await page.getByText(/^\d+ of \d+ devices? cannot do this/).waitFor();
  await expectAccessible(page, 'rules that are being changed');
  await expectFits(page, 'rules that are being changed');
  // The clients of this test talk to the server by themselves: no helper has told what it can do.
  await press(page, 'Save');
  await page.getByText(/^Nothing was saved: exempt th(is device|ese devices), or /).waitFor();
  await page.getByRole('checkbox', { name: /connect all the same/ }).check();
  await saveOn(page);
  await page.reload();
  await page.getByText('No changes yet.').waitFor();
  expect(await page.getByLabel('A system sign-in counts for (hours)').inputValue()).toBe('8');
  expect(await page.getByLabel('Longest connection').inputValue()).toBe('12');
  const policy = JSON.parse(String(lab.sql('select policy_json as json from policy')[0]?.json));
  expect(policy).toMatchObject({
    unlockPriorConnection: true,
    unlockMethods: ['pin', 'uv-soft'],
    softUnlockHours: 8,
    maxConnectionSeconds: 43_200,
    trafficWhileWaiting: 'always',
    mfaRequired: { panel: true, client: false },
  });
});

test('no way to unlock at all is refused before it can lock everybody out', async () => {
  const { page } = admin;
  for (const name of [/^PIN/, /^System sign-in/]) await page.getByRole('checkbox', { name }).uncheck();
  await page.getByText('Allow at least one way: nobody could connect.').waitFor();
  await press(page, 'Discard changes');
  await page.getByText('No changes yet.').waitFor();
});

test('rules that were not saved are still there after a look at another page, until they are discarded', async () => {
  const { page } = admin;
  const longest = page.getByLabel('Longest connection');
  await longest.fill('7');
  await page.getByRole('link', { name: 'Members' }).click();
  await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
  await page.getByRole('link', { name: 'Login security' }).click();
  await page.getByRole('button', { name: 'Discard changes' }).waitFor();
  expect(await longest.inputValue()).toBe('7');
  expect(inForce()).toMatch(/maxConnectionSeconds\W+43200/);
  await press(page, 'Discard changes');
  await page.getByText('No changes yet.').waitFor();
  expect(await longest.inputValue()).toBe('12');
});

test('two administrators at once: the second is told, sees both, and nothing is lost', async () => {
  const { page } = admin;
  const other = await lab.signedIn(lab.admin, '/login-security');
  await other.page.getByText('No changes yet.').waitFor();
  await page.getByLabel('A system sign-in counts for (hours)').fill('6');
  await page.getByLabel('Longest connection').fill('10');
  await other.page.getByLabel('A system sign-in counts for (hours)').fill('3');
  await other.page.getByRole('switch', { name: 'Client application' }).check();
  await saveOn(other.page);
  await press(page, 'Save');
  const dialog = page.getByRole('dialog', { name: 'Somebody else has saved meanwhile' });
  const line = (name: string) => dialog.getByRole('group', { name });
  expect(await line('A system sign-in counts for (hours)').textContent()).toMatch(/3 hours.*6 hours/);
  expect(await line('MFA for the client application').textContent()).toMatch(/On.*Off/);
  await expectAccessible(page, 'two sets of rules');
  await line('A system sign-in counts for (hours)')
    .getByRole('radio', { name: /^3 hours/ })
    .check();
  await dialog.getByRole('button', { name: 'Go on with this choice' }).click();
  await page
    .getByText('Before you save')
    .or(page.getByRole('button', { name: 'Save', exact: true }))
    .first()
    .waitFor();
  expect(await page.getByLabel('Longest connection').inputValue()).toBe('10');
  await saveOn(page);
  const policy = JSON.parse(String(lab.sql('select policy_json as json from policy')[0]?.json));
  expect(policy).toMatchObject({
    softUnlockHours: 3,
    maxConnectionSeconds: 36_000,
    mfaRequired: { panel: true, client: true },
  });
});

test("turning both gates off takes the team's name, typed, and a code; given up, nothing is lost or saved", async () => {
  const { page } = admin;
  lab.ageProofs();
  for (const name of ['TOTP Prior Connection', 'PIN & Biometrics Prior Connection'])
    await page.getByRole('switch', { name }).uncheck();
  const typeName = async () => {
    await press(page, 'Save');
    const dialog = page.getByRole('dialog', { name: 'Turn off both gates?' });
    await dialog.getByRole('textbox').fill('another team');
    expect(await dialog.getByRole('button', { name: 'Turn off', exact: true }).isEnabled()).toBe(false);
    await dialog.getByRole('textbox').fill('Postern local stack');
    await dialog.getByRole('button', { name: 'Turn off', exact: true }).click();
    await codeField(page).waitFor();
  };
  await typeName();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(inForce()).toMatch(/totpPriorConnection\W+true/);
  await typeName();
  await codeField(page).fill((await lab.admin.phone?.code()) ?? '');
  await page.getByText('Saved. The rules are in force.').waitFor();
  expect(inForce()).toMatch(/totpPriorConnection\W+false/);
  await warning(page).waitFor();
});

test('who has no authenticator is led through set-up once the panel requires MFA', async () => {
  const { page } = admin;
  await page.getByRole('switch', { name: 'Control Panel' }).uncheck();
  await saveOn(page);
  const member = await lab.addMember();
  const visit = await lab.visit();
  await signIn(visit.page, member);
  await visit.page.getByRole('heading', { name: 'Security' }).waitFor();
  await page.getByRole('switch', { name: 'Control Panel' }).check();
  await page.getByText('has no authenticator and sets one up at the next sign-in').waitFor();
  await saveOn(page);
  const again = await lab.visit();
  await signIn(again.page, member);
  await again.page.getByRole('heading', { name: 'Set up your authenticator' }).waitFor();
  expect(admin.complaints).toEqual([]);
});

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openPageLab, type PageLab, sentBy } from './page-lab.ts';
import { GOOD_PIN, to } from './unlock-steps.ts';

/** PIN, biometrics and devices in the settings, and what the help says of them. */

let lab: PageLab;
beforeAll(async () => {
  lab = await openPageLab();
});
afterAll(async () => {
  await lab.close();
});
afterEach(() => {
  expect(lab.complaints.splice(0)).toEqual([]);
});

const settings = async (scenario: string) => {
  const page = await lab.show({ scenario });
  await to('Settings')(page);
  return page;
};
const refusal = (code: string) => ({
  ok: false as const,
  problem: { type: `urn:postern:problem:${code}`, code, title: '', status: 403, detail: '' },
});

test('a PIN is removed only after it was asked once more', async () => {
  const page = await settings('unlock-ready');
  const remove = page.getByRole('button', { name: 'Remove: PIN' });
  await remove.click();
  await page.getByText('Remove the PIN? Setting a new one needs a code.').waitFor();
  await to('Cancel')(page);
  expect(await sentBy(page, 'unlock.remove-pin')).toEqual([]);
  await remove.click();
  await remove.click();
  expect(await sentBy(page, 'unlock.remove-pin')).toHaveLength(1);
});

test('a change of the PIN can be confirmed by hardware that is set up', async () => {
  const page = await settings('unlock-ready-hello');
  await to('Change')(page);
  await page.getByLabel('New PIN').fill(GOOD_PIN);
  await page.getByLabel('The same again').fill(GOOD_PIN);
  await page.keyboard.press('Enter');
  await page.getByText('Use another way').click();
  await page.getByRole('button', { name: /^Windows Hello/ }).click();
  await page.getByRole('heading', { name: 'Try it once' }).waitFor();
  expect(await sentBy(page, 'unlock.set-pin')).toEqual([{ pin: GOOD_PIN, proof: { method: 'uv-hw' } }]);
});

test('biometrics are tested without connecting, and a test can be taken back', async () => {
  const page = await settings('unlock-ready');
  await page.evaluate(() => window.harness.hold('unlock.check'));
  await to('Test')(page);
  await page.getByText('Waiting for the system sign-in…').first().waitFor();
  await to('Cancel')(page);
  expect(await sentBy(page, 'connection.cancel-prompt')).toHaveLength(1);
  await page.evaluate((answer) => window.harness.release('unlock.check', answer), refusal('cancelled'));
  await page.getByRole('button', { name: 'Turn off' }).waitFor();
  expect(await page.locator('.problem-note p').count()).toBe(0);
  await to('Test')(page);
  await page.getByText('It works.').first().waitFor();
  expect(await sentBy(page, 'unlock.check')).toEqual([
    { answer: { method: 'uv-soft' } },
    { answer: { method: 'uv-soft' } },
  ]);
});

test('biometrics are turned on with a code and off after a question', async () => {
  const page = await settings('unlock-empty');
  await to('Turn on')(page);
  await page.getByLabel('6-digit code').fill('123456');
  await page.getByRole('heading', { name: 'This device is set up' }).waitFor();
  expect(await sentBy(page, 'unlock.turn-on-biometrics')).toEqual([
    { proof: { method: 'totp', code: '123456' } },
  ]);
  const other = await settings('unlock-ready');
  await to('Turn off')(other);
  await other.getByText('Turn it off?').waitFor();
  await to('Turn off')(other);
  expect(await sentBy(other, 'unlock.turn-off-biometrics')).toHaveLength(1);
});

test('an obstacle is told in plain words with what to do, and looked at again on demand', async () => {
  const page = await settings('unlock-obstacle');
  await page.getByText('This system would say yes without asking anybody.').waitFor();
  await page.getByText('Use a PIN instead.').waitFor();
  await page.getByText('Your keyring is locked. Unlock it and try again.').waitFor();
  await to('Look again')(page);
  expect(await sentBy(page, 'unlock.refresh')).toHaveLength(1);
});

test('a key that is gone leads to setting both up again, biometrics that are on included', async () => {
  const page = await settings('unlock-key-lost');
  await page.getByText('The key of this device is no longer in the keyring.').waitFor();
  await to('Set up again with a code')(page);
  await page.getByRole('heading', { name: 'Choose a new PIN' }).waitFor();
  await page.getByText('Step 1 of 4').waitFor();
});

test('devices: this one is first and marked; removing another asks, removes and loads anew', async () => {
  const page = await settings('unlock-ready');
  const rows = page.locator('.device');
  await expect.poll(() => rows.count()).toBe(3);
  expect(await rows.first().textContent()).toContain('This device');
  expect(await rows.first().textContent()).toContain('Connected now · PIN set · Biometrics on');
  expect(await rows.last().textContent()).toContain('No PIN or biometrics');
  await page.getByRole('button', { name: 'Remove old-desktop' }).click();
  await page.getByText('Remove old-desktop? It is signed out and its connection ends.').waitFor();
  await page.getByRole('button', { name: 'Remove old-desktop' }).click();
  await expect
    .poll(() => sentBy(page, 'devices.remove'))
    .toEqual([{ deviceId: '0198a000-0000-7000-8000-000000000033' }]);
  await expect.poll(() => sentBy(page, 'devices.list')).toHaveLength(2);
});

test('devices: loading, failure with a way to try again, and an empty list are said', async () => {
  const page = await lab.show({ scenario: 'unlock-ready' });
  await page.evaluate(() => window.harness.hold('devices.list'));
  await to('Settings')(page);
  await page.getByText('Loading your devices…').waitFor();
  await page.evaluate(
    (answer) => window.harness.release('devices.list', answer),
    refusal('server-unreachable'),
  );
  await page.getByText('The server cannot be reached.').waitFor();
  await page.evaluate(() => window.harness.answer('devices.list', { ok: true, value: { devices: [] } }));
  await to('Try again')(page);
  await page.getByText('No devices yet.').waitFor();
});

test('the help names what is set up, what this computer can ask, and what a new finger means', async () => {
  const page = await lab.show({ scenario: 'unlock-ready' });
  await to('Help')(page);
  await page.getByText('Set up on this device: PIN, System sign-in.').waitFor();
  await page.getByText('New finger or face added?').waitFor();
  await to('Check again')(page);
  expect(await sentBy(page, 'unlock.refresh')).toHaveLength(1);
});

test('the help tells a locked, a lost and a missing keyring apart, each with what to do', async () => {
  const page = await lab.show({ scenario: 'unlock-ready' });
  await to('Help')(page);
  for (const [keychain, text] of [
    ['locked', 'Unlock your keyring'],
    ['absent', 'Set up PIN and biometrics again with a code'],
    ['unavailable', 'This system has no keyring: use codes'],
  ] as const) {
    await page.evaluate((state) => window.harness.push({ keychain: state }), keychain);
    await page.getByText(text).first().waitFor();
  }
});

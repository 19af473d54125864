import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { connect, expectPeer } from './admin-steps.ts';
import { expectAccessible, PanelLab, type Visit, within } from './lab.ts';

const run = promisify(execFile);

let lab: PanelLab;
let admin: Visit;
beforeAll(async () => {
  lab = await PanelLab.start(2);
  admin = await lab.signedIn(lab.admin, '/gateways');
});
afterAll(() => lab?.stop());

/** Whether the server takes an agent that shows this token. */
async function opensChannel(token: string): Promise<boolean> {
  const socket = new WebSocket(`${lab.url.replace('https:', 'wss:')}/gateway/v1/channel`, {
    ca: readFileSync(lab.file.caFile, 'utf8'),
    headers: { authorization: `Bearer ${token}` },
  });
  const isOpen = await new Promise<boolean>((resolve, reject) => {
    socket.on('open', () => resolve(true));
    socket.on('unexpected-response', () => resolve(false));
    socket.on('error', reject);
  });
  socket.terminate();
  return isOpen;
}

/** An agent of the gateway with this install line, which says of its host what the test wants. */
function agentOf(line: string) {
  const after = (words: string) => new RegExp(`${words} (\\S+)`).exec(line)?.[1] ?? '';
  const socket = new WebSocket(`${lab.url.replace('https:', 'wss:')}/gateway/v1/channel`, {
    ca: readFileSync(lab.file.caFile, 'utf8'),
    headers: { authorization: `Bearer ${after('^echo')}` },
  });
  socket.on('open', () =>
    socket.send(
      JSON.stringify({
        type: 'hello',
        gatewayId: after('--gateway'),
        publicKey: randomBytes(32).toString('base64url'),
        endpoint: '192.0.2.9:51820',
        version: '1.0.0',
        features: ['health'],
      }),
    ),
  );
  const synced = new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      if (JSON.parse(String(data)).type === 'sync') resolve();
    });
    socket.on('error', reject);
  });
  return {
    async is(troubles: object[]) {
      await synced;
      socket.send(JSON.stringify({ type: 'health', troubles }));
    },
    close: () => socket.terminate(),
  };
}

const inDialog = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true });
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

test('a gateway shows that it is online, its peers, their traffic and its last contact', async () => {
  const { page } = admin;
  await row(page, 'gw1').getByText('Online').waitFor();
  const client = await connect(lab, lab.newMember());
  await expectPeer(lab, client, true);
  await page.getByRole('link', { name: 'gw1' }).click();
  const peer = row(page, 'Member 1');
  await peer.waitFor();
  expect(await peer.textContent()).toMatch(/raw.*10\.\d+\.\d+\.\d+/);
  expect(await peer.textContent()).toMatch(/in, .*out/);
  await page.getByText('Last contact').waitFor();
  client.close();
});

test('an edit is warned of, saved and in force at the gateway, and says how many are behind', async () => {
  const { page } = admin;
  await page.getByRole('button', { name: 'Edit' }).click();
  const networks = page.getByLabel('Networks through the tunnel');
  const before = await networks.inputValue();
  await networks.fill(`${before}, 10.66.0.0/300`);
  await inDialog(page, 'Save').click();
  await page.getByText('Each must be a network such as 10.0.0.0/8.').waitFor();
  await networks.fill(`${before}, 10.66.0.0/16`);
  await page.getByLabel('DNS servers').fill('9.9.9.9');
  await inDialog(page, 'Save').click();
  await page.getByRole('status').getByText('9.9.9.9 is in none of the networks').waitFor();
  await page.getByLabel('DNS servers').fill('10.66.0.53');
  await page.getByLabel('MTU').fill('1380');
  await inDialog(page, 'Save').click();
  await page.getByText(/gw1 is changed; \d+ connections? ha/).waitFor();
  await page.getByText(`${before}, 10.66.0.0/16`).waitFor();
  await page.getByText('10.66.0.53').waitFor();
  const [gateway] = lab.file.gateways;
  const rules = () => run('ip', ['netns', 'exec', gateway?.netns ?? '', 'nft', 'list', 'ruleset']);
  await expect.poll(async () => (await rules()).stdout, within).toContain('10.66.0.0/16');
  await page.getByRole('button', { name: 'Edit' }).click();
  await networks.fill(before);
  await page.getByLabel('DNS servers').fill('');
  await inDialog(page, 'Save').click();
  await expect.poll(async () => (await rules()).stdout, within).not.toContain('10.66.0.0/16');
});

test('an added gateway gives its install line once, with a token that the server takes', async () => {
  const { page } = admin;
  await page.goto(`${lab.url}/gateways`);
  await page.getByRole('button', { name: 'Add gateway' }).click();
  await inDialog(page, 'Add').click();
  await page.getByText('Enter a network such as 10.77.0.0/24.').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Oslo');
  await page.getByLabel('Network of the devices', { exact: true }).fill('10.199.0.0/24');
  await page.getByLabel('DNS servers (optional)').fill('10.0.0.53, not-an-address');
  await inDialog(page, 'Add').click();
  await page.getByText('Each must be an address such as 10.0.0.53.').waitFor();
  await page.getByLabel('DNS servers (optional)').fill('10.0.0.53');
  await inDialog(page, 'Add').click();
  // What is left empty is everything, also what this gateway has no addresses for.
  await page.getByRole('status').getByText('This gateway has no IPv6 network').waitFor();
  await expectAccessible(page, 'what will not work');
  await page.getByLabel('DNS servers (optional)').fill('');
  await inDialog(page, 'Add').click();
  await page.getByRole('status').getByText('Enter a DNS server.').waitFor();
  await page.getByLabel('DNS servers (optional)').fill('10.0.0.53');
  await inDialog(page, 'Add').click();
  await inDialog(page, 'Add anyway').click();
  await page.getByRole('dialog', { name: 'Oslo is ready to be installed' }).waitFor();
  await expectAccessible(page, 'install line');
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await inDialog(page, 'Copy').click();
  await inDialog(page, 'Copied').waitFor();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  expect(line).toMatch(
    /^echo \S+ \| postern-gateway install --server https:\S+ --gateway \S+ .*10\.199\.0\.1\/24/,
  );
  await inDialog(page, 'I have copied it').click();
  await row(page, 'Oslo').getByText('Not in contact yet').waitFor();
  const token = /^echo (\S+)/.exec(line)?.[1] ?? '';
  expect(await page.content()).not.toContain(token);
  expect(await opensChannel('wrong')).toBe(false);
  expect(await opensChannel(token)).toBe(true);
});

test('a second family is suggested, and what is wrong on the host is shown with what to do', async () => {
  const { page } = admin;
  await page.getByRole('button', { name: 'Add gateway' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Bergen');
  await page.getByLabel('Network of the devices', { exact: true }).fill('10.197.0.0/24');
  await page.getByLabel('Networks through the tunnel').fill('10.20.0.0/16, fd20:20::/32');
  const network6 = page.getByLabel('IPv6 network of the devices');
  await network6.fill('fe80::/64');
  await inDialog(page, 'Add').click();
  await page.getByText(/No device can have an address of this network\./).waitFor();
  await inDialog(page, 'Suggest an IPv6 network').click();
  const suggested = await network6.inputValue();
  expect(suggested).toMatch(/^fd[0-9a-f:]+::\/64$/);
  await inDialog(page, 'Add').click();
  const line = await page.getByLabel('Install line').inputValue();
  await inDialog(page, 'I have copied it').click();

  const agent = agentOf(line);
  try {
    await agent.is([
      {
        id: 'forwarding',
        detail: 'This host passes no packets on.',
        remedy: 'sysctl -w net.ipv4.ip_forward=1',
      },
    ]);
    await page.reload();
    await row(page, 'Bergen').getByText('Degraded').waitFor();
    await page.getByRole('link', { name: 'Bergen' }).click();
    await page.getByText('This host passes no packets on.').waitFor();
    expect(await page.getByLabel('What to do on the gateway').inputValue()).toContain('ip_forward');
    await page.getByText('too old for an IPv6 network').waitFor();
    await page.getByText(`10.197.0.0/24, ${suggested}`).waitFor();
    await expectAccessible(page, 'degraded gateway');
    await agent.is([]);
    await page.reload();
    await page.getByText('Online', { exact: true }).waitFor(within);
    expect(await page.getByText('This host passes no packets on.').count()).toBe(0);
  } finally {
    agent.close();
  }
  await page.getByRole('navigation', { name: 'Gateways' }).getByRole('link').click();
});

test('a name that is taken and a network without room are refused in words', async () => {
  const { page } = admin;
  await page.getByRole('button', { name: 'Add gateway' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Oslo');
  await page.getByLabel('Network of the devices', { exact: true }).fill('10.199.0.128/25');
  await page.getByLabel('Networks through the tunnel').fill('10.20.0.0/16');
  await inDialog(page, 'Add').click();
  await page.getByRole('status').getByText('shares addresses with that of Oslo.').waitFor();
  await page.getByLabel('Network of the devices', { exact: true }).fill('10.198.0.0/24');
  await inDialog(page, 'Add').click();
  await page.getByRole('dialog').getByText('there is a gateway "Oslo" already').waitFor();
  await page.getByLabel('Network of the devices', { exact: true }).fill('10.198.0.0/31');
  await inDialog(page, 'Add').click();
  await page.getByRole('dialog').getByText('has no room for a gateway and a device').waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count(), within).toBe(0);
});

test('removing asks for the name, ends the tunnels and takes the gateway from the list', async () => {
  const { page } = admin;
  const client = await connect(lab, lab.newMember());
  await expectPeer(lab, client, true);
  await page.getByRole('link', { name: 'gw1' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByLabel(/Type .*gw1.* to confirm/).fill('gw2');
  await page.keyboard.press('Enter');
  expect(await page.getByRole('dialog').count()).toBe(1);
  await page.getByLabel(/Type .*gw1.* to confirm/).fill('gw1');
  await inDialog(page, 'Remove').click();
  await page.getByText(/gw1 is removed; \d connections? ended\./).waitFor();
  expect(await page.getByRole('link', { name: 'gw1' }).count()).toBe(0);
  await expectPeer(lab, client, false);
  client.close();
  expect(admin.complaints).toEqual([]);
});

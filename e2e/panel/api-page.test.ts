import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { disconnectAnswer } from '../../src-shared/integration-api.ts';
import { connect, expectPeer } from './admin-steps.ts';
import { expectAccessible, expectFits, PanelLab, type Visit } from './lab.ts';

const examples = path.join(import.meta.dirname, '../../src-panel/admin/api-page/examples');
const run = promisify(execFile);

let lab: PanelLab;
let admin: Visit;
beforeAll(async () => {
  lab = await PanelLab.start(5);
  admin = await lab.signedIn(lab.admin, '/api-console');
});
afterAll(() => lab?.stop());

const answer = (page: Page) => page.getByRole('region', { name: 'Answer' });
const withCa = () => ({ ...process.env, CURL_CA_BUNDLE: lab.file.caFile });

/** Runs a script as a shell of its own, with something on its standard input. */
function shell(file: string, args: readonly string[], env: Record<string, string>, input = '') {
  const running = run('/bin/sh', [file, ...args], { env: { ...withCa(), ...env } });
  running.child.stdin?.end(input);
  return running;
}

test('the console offers every operation of the integration API and what each needs', async () => {
  const { page } = admin;
  const operation = page.getByLabel('Operation');
  await operation.waitFor();
  const names = await operation.locator('option').allTextContents();
  const document = JSON.parse((await lab.ask('GET', '/openapi.json')).body);
  const paths = Object.entries<Record<string, unknown>>(document.paths).filter(([at]) =>
    at.startsWith('/api/'),
  );
  const expected = paths.flatMap(([at, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${at}`),
  );
  expect(names.toSorted()).toEqual(expected.toSorted());
  await operation.selectOption('POST /api/v1/member/{teamMemberId}/disconnect');
  for (const field of ['teamMemberId', 'reason', 'incident_id'])
    await page.getByLabel(field, { exact: true }).waitFor();
  await expectAccessible(page, 'console');
  await expectFits(page, 'console');
});

test('a request is sent with the token, and its answer is shown', async () => {
  const { page } = admin;
  await page.getByLabel('Operation').selectOption('GET /api/v1/test-connection');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Fill in this field.').waitFor();
  await page.getByLabel('API token', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: 'Send' }).click();
  await answer(page).getByText(/^401/).waitFor();
  await page.getByLabel('API token', { exact: true }).fill(lab.file.apiToken);
  await page.getByRole('button', { name: 'Send' }).click();
  await answer(page).getByText(/^200/).waitFor();
  await answer(page).getByText('Connection has been established successfully.').waitFor();
});

test('the token is in nothing that is shown or kept, and gone with the page', async () => {
  const { page } = admin;
  expect(await page.locator('body').textContent()).not.toContain(lab.file.apiToken);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(kept).not.toContain(lab.file.apiToken);
  expect(page.url()).not.toContain(lab.file.apiToken);
  await page.reload();
  expect(await page.getByLabel('API token', { exact: true }).inputValue()).toBe('');
});

test('the request as curl does in a shell what the console does', async () => {
  const { page } = admin;
  const member = lab.newMember();
  await page.getByLabel('Operation').selectOption('GET /api/v1/member/{teamMemberId}');
  await page.getByLabel('teamMemberId', { exact: true }).fill(member.id);
  const line = await page.getByRole('group', { name: 'The request as curl' }).textContent();
  const { stdout } = await run('/bin/sh', ['-c', line ?? ''], {
    env: { ...withCa(), TOKEN: lab.file.apiToken },
  });
  expect(JSON.parse(stdout)).toMatchObject({ id: member.id, email: member.email });
});

test('ten lines of shell disconnect a member', async () => {
  const file = path.join(examples, 'disconnect.sh');
  expect(readFileSync(file, 'utf8').trim().split('\n').length).toBeLessThanOrEqual(10);
  const member = lab.newMember();
  const client = await connect(lab, member);
  await expectPeer(lab, client, true);
  const env = { POSTERN_URL: lab.url, POSTERN_TOKEN: lab.file.apiToken };
  const { stdout } = await shell(file, [member.id, 'It\'s "odd"', 'INC-1'], env);
  expect(disconnectAnswer.parse(JSON.parse(stdout))).toMatchObject({ ended_connections: 1, enforced: true });
  await expectPeer(lab, client, false);
  client.close();
  await expect(shell(file, [member.id, 'x'], { ...env, POSTERN_TOKEN: 'wrong' })).rejects.toMatchObject({
    code: 22,
  });
});

test("Splunk's alert action disconnects the member that the search has found", async () => {
  const file = path.join(examples, 'postern_disconnect.sh');
  const member = lab.newMember();
  const client = await connect(lab, member);
  await expectPeer(lab, client, true);
  const tokenFile = path.join(lab.stack.folder, 'splunk.token');
  writeFileSync(tokenFile, lab.file.apiToken, { mode: 0o600 });
  const payload = (member_id: string) =>
    JSON.stringify({
      app: 'search',
      sid: 'scheduler__admin__search__RMD5_at_1795305600_1',
      search_name: 'Sign-in from a new country',
      configuration: { url: lab.url, token_file: tokenFile },
      result: { member_id },
    });
  const { stdout } = await shell(file, ['--execute'], {}, payload(member.id));
  expect(disconnectAnswer.parse(JSON.parse(stdout)).ended_connections).toBe(1);
  await expectPeer(lab, client, false);
  client.close();
  await expect(shell(file, ['--execute'], {}, payload('../../x'))).rejects.toBeDefined();
});

const watch = z.object({
  metadata: z.record(z.string(), z.string()),
  actions: z.object({
    disconnect: z.object({
      foreach: z.string(),
      webhook: z.object({
        method: z.literal('post'),
        path: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.string(),
      }),
    }),
  }),
});

test("Elastic's watch makes a call that disconnects each member that was found", async () => {
  const { metadata, actions } = watch.parse(
    JSON.parse(readFileSync(path.join(examples, 'elastic-watch.json'), 'utf8')),
  );
  const { webhook } = actions.disconnect;
  const member = lab.newMember();
  const client = await connect(lab, member);
  await expectPeer(lab, client, true);
  const values: Record<string, string> = {
    'ctx.payload.key': member.id,
    'ctx.metadata.rule': metadata.rule ?? '',
    'ctx.watch_id': 'postern',
  };
  const fill = (template: string) =>
    template.replaceAll(/\{\{(.+?)\}\}/g, (_all, name: string) => values[name] ?? '');
  const headers = Object.fromEntries(
    Object.entries(webhook.headers).map(([name, value]) => [
      name,
      value.replace('POSTERN_TOKEN', lab.file.apiToken),
    ]),
  );
  const said = await lab.ask('POST', fill(webhook.path), headers, JSON.parse(fill(webhook.body)));
  expect(said.status).toBe(200);
  expect(JSON.parse(said.body)).toMatchObject({ ended_connections: 1, enforced: true });
  await expectPeer(lab, client, false);
  client.close();
});

test('the page shows the examples as they were run', async () => {
  const { page, complaints } = admin;
  for (const name of ['disconnect.sh', 'postern_disconnect.sh', 'elastic-watch.json']) {
    const [, line = ''] = readFileSync(path.join(examples, name), 'utf8').split('\n');
    expect(await page.locator('.code-block pre').allInnerTexts()).toContainEqual(
      expect.stringContaining(line),
    );
  }
  expect(complaints).toEqual([]);
});

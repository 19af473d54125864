import { afterEach, beforeEach, expect, test } from 'vitest';
import { MailSender } from '../../mail/mail-sender.ts';
import { smtpTransport } from '../../mail/mail-transport.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { ScriptedGateway } from '../../testing/scripted-ends.ts';
import { serverCommand } from '../../testing/server-command.ts';
import { type SmtpSink, startSmtpSink } from '../../testing/smtp-sink.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

let sink: SmtpSink;
let server: TestServer;
let owner: TestMember;
let member: TestMember;
let run: ReturnType<typeof serverCommand>;
beforeEach(async () => {
  sink = await startSmtpSink();
  server = await startTestServer({ config: { mail: sink.config } });
  run = serverCommand(server, sink.config);
  owner = await server.addMember({ role: 'owner' });
  member = await server.addMember();
});
afterEach(async () => {
  await server.close();
  await sink.stop();
});

/** What a command answers to a program; it must have worked. */
async function json(...words: string[]) {
  const said = await run(...words, '--json');
  expect(said).toMatchObject({ status: 0, stderr: '' });
  return JSON.parse(said.stdout);
}
async function refusal(...words: string[]) {
  const said = await run(...words, '--json');
  expect(said.status).toBe(1);
  return JSON.parse(said.stdout);
}
async function deliver(): Promise<void> {
  // The commands go by the clock of the system.
  server.clock.now = Date.now();
  const sender = new MailSender(server.ctx, smtpTransport(sink.config, 'vpn.test.example'));
  await sender.sendDue();
  await sender.stop();
}

test('a member is named by address, name or id; a name that two have is refused with both', async () => {
  const { id } = await json('member', 'show', member.email.toUpperCase());
  expect(await json('member', 'show', 'member 2')).toMatchObject({ id, email: member.email, mfa: 'active' });
  expect((await run('member', 'show', id)).stdout).toContain('10 backup codes left');
  await json('member', 'edit', owner.email, '--name', 'Member 2');
  const twice = await refusal('member', 'show', 'Member 2');
  expect(twice.choices).toEqual([
    { id: owner.id, name: 'Member 2', hint: owner.email },
    { id: member.id, name: 'Member 2', hint: member.email },
  ]);
  const said = await run('member', 'show', 'Member 2');
  expect(said.stderr).toContain(`  ${member.id}  Member 2  ${member.email}\n`);
  expect(await refusal('member', 'show', 'nobody')).toMatchObject({ code: 'member-not-found' });
});

test('a role is given and taken, the owners hear of more rights, and one owner stays', async () => {
  expect(await json('member', 'role', member.email, 'administrator')).toMatchObject({
    role: 'administrator',
  });
  await deliver();
  expect(sink.find('more rights').text).toContain("at the server's command line");
  expect(await refusal('member', 'role', owner.email, 'member')).toMatchObject({ code: 'last-owner' });
  await json('member', 'role', member.email, 'owner');
  expect(await json('member', 'role', owner.email, 'member')).toMatchObject({ role: 'member' });
});

test('a temporary password is shown once, ends the sessions, and has to be changed', async () => {
  const { sessionToken } = await server.signIn(member);
  const { temporaryPassword } = await json('member', 'temporary-password', member.email, '--yes');
  expect(temporaryPassword).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
  expect((await server.request('GET', '/client/v1/me', { token: sessionToken })).status).toBe(401);
  const row = await server.ctx.database.db
    .selectFrom('member')
    .select('password_expires_at')
    .where('id', '=', member.id)
    .executeTakeFirstOrThrow();
  expect(row.password_expires_at).toBeGreaterThan(Date.now() + 6 * 86_400_000);
});

test('break-glass asks, prints a link that the password opens, and tells every owner', async () => {
  const second = await server.addMember({ role: 'owner' });
  const asked = await run('member', 'break-glass', owner.email);
  expect(asked).toMatchObject({ status: 1, stdout: '' });
  expect(asked.stderr).toContain('--yes');
  const { link } = await json('member', 'break-glass', owner.email, '--yes');
  await deliver();
  expect(sink.mails.filter(({ subject }) => subject?.includes('printed on the server'))).toHaveLength(2);
  expect(sink.mails.map(({ text }) => text).join()).not.toContain(link.split('#')[1]);
  const visitor = new PanelBrowser(server);
  const begun = await visitor.ask('POST', 'mfa-reset/begin', {
    token: link.split('#')[1],
    password: owner.password,
  });
  expect(begun.body.secret).toMatch(/^[A-Z2-7]{32}$/);
  const rows = await json('audit', 'list');
  expect(JSON.stringify(rows)).toContain('member.break-glass');
  await json('member', 'edit', second.email, '--name', 'Second');
});

test('a link to set up a new authenticator goes out by mail, or its absence names another way', async () => {
  expect(await json('member', 'reset-mfa', member.email)).toMatchObject({ id: member.id });
  await deliver();
  expect(sink.find('Set up').text).toContain('/mfa-reset#');
  run = serverCommand(server);
  const said = await run('member', 'reset-mfa', member.email);
  expect(said.stderr).toContain('break-glass');
  // Who has none is not sent from one command to another that refuses as well.
  const { id } = await json('member', 'add', '--email', 'none@test.example', '--name', 'None');
  const none = await run('member', 'reset-mfa', id);
  expect(none.stderr).toContain('One is set up at the next sign-in');
  expect(none.stderr).not.toContain('break-glass');
});

test('devices and sessions are listed and ended, by name where that is unique', async () => {
  const one = await TestDevice.signIn(server, member);
  const other = await TestDevice.signIn(server, owner);
  expect(await json('device', 'list')).toHaveLength(2);
  const [mine] = await json('device', 'list', '--member', member.email);
  expect(mine).toMatchObject({ id: one.session.deviceId, name: 'Laptop', email: member.email });
  expect((await refusal('device', 'remove', 'Laptop', '--yes')).choices).toHaveLength(2);
  await json('device', 'remove', 'laptop', '--member', member.email, '--yes');
  expect((await one.call('GET', 'me')).status).toBe(401);
  const sessions = await json('session', 'list', '--member', owner.email);
  expect(sessions).toMatchObject([{ kind: 'client', deviceName: 'Laptop', email: owner.email }]);
  await json('session', 'end', sessions[0].id);
  expect((await other.call('GET', 'me')).status).toBe(401);
  expect(await refusal('session', 'end', sessions[0].id)).toMatchObject({ code: 'not-found' });
  expect((await run('session', 'list')).stdout).toBe('Nobody is signed in.\n');
});

test('the session of a browser ends, too', async () => {
  const browser = new PanelBrowser(server);
  await browser.signIn(owner);
  const [session] = await json('session', 'list');
  expect(session.kind).toBe('panel');
  await json('session', 'end', session.id);
  expect((await browser.ask('GET', 'account')).status).toBe(401);
});

test('the audit log is exported with its filters, and the export is in it', async () => {
  await json('member', 'edit', member.email, '--name', 'Jürgen');
  const rows = (await run('audit', 'export', '--member', 'Jürgen', '--action', 'member.edit')).stdout;
  expect(
    rows
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ action: 'member.edit', actor: 'cli', subject_name: `Jürgen (${member.email})` }]);
  const edits = await json('audit', 'list', '--member', 'jurgen', '--action', 'member.edit');
  expect(edits).toMatchObject([{ action: 'member.edit', subject: `member:${member.id}` }]);
  const csv = (await run('audit', 'export', '--format', 'csv', '--action', 'audit.export')).stdout;
  expect(csv).toMatch(/seq,at,actor/);
  expect(csv).toContain('audit.export');
});

test('a gateway gets a new token by its name; one that ends at once is asked for', async () => {
  const gateway = await ScriptedGateway.create(server, 'Oslo');
  const made = await run('gateway', 'token', 'oslo');
  expect(made.stdout).toMatch(/echo [\w-]{43} \| postern-gateway set-token /);
  expect((await run('gateway', 'show', 'Oslo')).stdout).toMatch(/token +a new one of .* waits for the agent/);
  expect((await run('gateway', 'token', 'Oslo', '--end-old-now')).stderr).toContain('--yes');
  const { token, oldEndsAt } = await json('gateway', 'token', gateway.id, '--end-old-now', '--yes');
  expect([typeof token, oldEndsAt]).toEqual(['string', null]);
});

test('a token is revoked by its name once that was confirmed, and one of two names is asked for', async () => {
  const make = () => json('token', 'create', '--name', 'SOC', '--scopes', 'members:read');
  const first = await make();
  expect((await run('token', 'revoke', 'soc')).stderr).toContain('--yes');
  expect(await json('token', 'revoke', 'soc', '--yes')).toEqual({ id: first.id, name: 'SOC' });
  expect(await refusal('token', 'revoke', 'SOC', '--yes')).toMatchObject({ code: 'not-found' });
  await make();
  await make();
  expect((await refusal('token', 'revoke', 'SOC', '--yes')).choices).toHaveLength(2);
});

test('a member is added with a password that the command makes, and signs in with it', async () => {
  const { id, temporaryPassword } = await json(
    'member',
    'add',
    '--email',
    'new@test.example',
    '--name',
    'New',
  );
  expect(temporaryPassword).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
  expect(await json('member', 'show', id)).toMatchObject({ email: 'new@test.example', mfa: 'none' });
  server.clock.now = Date.now();
  const body = { email: 'new@test.example', password: temporaryPassword };
  const signIn = await server.request('POST', '/panel/v1/sign-in', { body });
  expect(signIn.body.code).toBe('mfa-setup-required');
  expect(await refusal('member', 'add', '--email', 'x@test.example')).toMatchObject({
    code: 'invalid-request',
    detail: 'Without a terminal, give --email and --name.',
  });
});

test('blocking the last owner is carried out, and the way back said', async () => {
  const said = await run('member', 'block', owner.email);
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toContain(
    `No owner can sign in now. The way back: postern-server member unblock ${owner.email}`,
  );
  expect(await json('member', 'unblock', owner.email)).toMatchObject({ isBlocked: false });
  await json('member', 'role', member.email, 'owner');
  expect(await json('member', 'block', owner.email)).toMatchObject({ isOwnerLeft: true });
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SignInAnswer } from '../../../src-shared/client-api.ts';
import { MailSender } from '../../mail/mail-sender.ts';
import { smtpTransport } from '../../mail/mail-transport.ts';
import { PanelBrowser } from '../../testing/panel-browser.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { type SmtpSink, startSmtpSink } from '../../testing/smtp-sink.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

/** A member who is connected, and signed in to the panel in a browser. */
let sink: SmtpSink;
let server: TestServer;
let gateway: ScriptedGateway;
let member: TestMember;
let session: SignInAnswer;
let client: ScriptedClient;
let browser: PanelBrowser;
beforeEach(async () => {
  sink = await startSmtpSink();
  server = await startTestServer({ config: { mail: sink.config } });
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  member = await server.addMember();
  await server.setPolicy({ mfaRequired: { panel: false, client: false } });
  browser = new PanelBrowser(server);
  await browser.signIn(member);
  server.nextStep();
  session = await server.signIn(member);
  client = await ScriptedClient.connect(server, session.sessionToken);
  expect((await connect()).status).toBe(201);
  expect(gateway.peers.size).toBe(1);
});
afterEach(async () => {
  await client.close();
  await gateway.disconnect();
  await server.close();
  await sink.stop();
});

const connect = () =>
  server.request('POST', '/client/v1/connections', {
    token: session.sessionToken,
    body: { gatewayId: gateway.id, wgPublicKey: newWgKey() },
  });

const clientSessionId = async (): Promise<string> => {
  const { body } = await browser.ask('GET', 'account');
  return body.sessions.find(({ kind }: { kind: string }) => kind === 'client').id;
};

test.each<[string, () => Promise<{ status: number }>]>([
  [
    'a new password',
    () =>
      browser.ask('PUT', 'account/password', {
        currentPassword: member.password,
        newPassword: 'another long password',
      }),
  ],
  [
    'the end of its session',
    async () => browser.ask('DELETE', `account/sessions/${await clientSessionId()}`),
  ],
  ['the removal of the device', () => browser.ask('DELETE', `account/devices/${session.deviceId}`)],
])('%s signs the client out, and its peer is gone when the answer comes', async (_, act) => {
  expect((await act()).status).toBe(204);
  expect(gateway.peers.size).toBe(0);
  await client.of('signed-out');
  expect(await client.closed).toBe(4001);
  expect((await connect()).status).toBe(401);
});

test('a new authenticator ends the connection, and the next one takes a code of the new one', async () => {
  const made = await browser.ask('POST', 'account/mfa/setup', { password: member.password });
  expect(gateway.peers.size).toBe(1);
  const renewed = { ...member, totpSecret: String(made.body.secret) };
  const { factorId } = made.body;
  const confirm = { factorId, code: server.codeOf(renewed) };
  expect((await browser.ask('POST', 'account/mfa/confirm', confirm)).status).toBe(200);
  expect(gateway.peers.size).toBe(0);
  const { challenge, reason } = await client.of('disconnect');
  expect(reason).toMatchObject({ code: 'mfa-changed' });
  server.nextStep();
  const withCode = (whose: TestMember) =>
    server.request('POST', '/client/v1/connections', {
      token: session.sessionToken,
      body: {
        gatewayId: gateway.id,
        wgPublicKey: newWgKey(),
        challengeId: challenge?.id,
        proofs: [{ method: 'totp', code: server.codeOf(whose) }],
      },
    });
  expect((await withCode(member)).body.code).toBe('invalid-code');
  expect((await withCode(renewed)).status).toBe(201);
});

test('MFA that is turned off ends the connection: what was proven with it is worthless', async () => {
  const off = await browser.ask('POST', 'account/mfa/turn-off', { password: member.password });
  expect(off.status).toBe(204);
  expect(gateway.peers.size).toBe(0);
  await client.of('disconnect');
  expect((await connect()).body.code).toBe('step-up-required');
  // Where the clients have to have one, signing in leads to the set-up.
  await server.setPolicy({ mfaRequired: { panel: false, client: true } });
  expect((await connect()).body).toMatchObject({ code: 'session-invalid', reason: { code: 'mfa-required' } });
});

test('a disconnect with its reason is told by mail, once, and not to who had no connection', async () => {
  const token = await server.addApiToken(['members:disconnect']);
  const kick = () =>
    server.request('POST', `/api/v1/member/${member.id}/disconnect`, {
      token,
      body: { reason: 'Sign-in from a new country', incident_id: 'INC-7' },
    });
  expect((await kick()).body.ended_connections).toBe(1);
  expect((await kick()).body.ended_connections).toBe(0);
  const sender = new MailSender(server.ctx, smtpTransport(sink.config, 'vpn.test.example'));
  await sender.sendDue();
  await sender.stop();
  const told = sink.mails.filter(({ subject }) => subject?.includes('was ended'));
  expect(told).toHaveLength(1);
  expect(told[0]?.text).toContain('Reason: Sign-in from a new country\nIncident: INC-7');
});

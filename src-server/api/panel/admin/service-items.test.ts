import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CertificateFacts } from '../../../certificate/server-certificate.ts';
import { PanelClient } from '../../../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../../../testing/test-server.ts';
import { certificateItems, mailItems } from './service-items.ts';

const DAY = 86_400_000;
let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({
    config: { mail: { host: '127.0.0.1', port: 1, security: 'none', from: 'vpn@test.example' } },
  });
});
afterEach(() => server.close());

test('a certificate is shown while something is wrong with it', () => {
  const facts: CertificateFacts = {
    ...{ host: 'vpn.test.example', isForHost: true, names: 'DNS:vpn.test.example', fingerprint: 'AA' },
    ...{ notBefore: 0, notAfter: 365 * DAY },
  };
  const items = (day: number, more: Partial<CertificateFacts> = {}) =>
    certificateItems({ certificate: () => ({ ...facts, ...more }), isMailOn: true }, day * DAY);
  expect(items(100)).toEqual([]);
  expect(certificateItems({ isMailOn: true }, 0)).toEqual([]);
  expect(items(350)).toMatchObject([{ trouble: 'expiring', notAfter: '1971-01-01T00:00:00.000Z' }]);
  expect(items(366)).toMatchObject([{ trouble: 'expired', host: 'vpn.test.example' }]);
  expect(items(100, { isForHost: false })).toMatchObject([{ trouble: 'wrong-name' }]);
});

test('a mail that was given up is shown for a week, with the words of the mail server', async () => {
  const member = await server.addMember();
  const { db } = server.ctx.database;
  const at = server.clock.now;
  await db
    .insertInto('mail_failure')
    .values({ member_id: member.id, at, kind: 'factor-off', tries: 1, why: '550 5.1.1 no such user' })
    .execute();
  const owner = await PanelClient.of(server, 'owner');
  const { attention } = (await owner.get('overview')).body;
  expect(attention).toContainEqual({
    kind: 'mail-failed',
    count: 1,
    members: [{ id: member.id, name: 'Member 1' }],
    why: '550 5.1.1 no such user',
  });
  expect(await mailItems(db, { isMailOn: true }, at + 8 * DAY)).toEqual([]);
});

test('a mail server that takes nothing is shown after ten minutes', async () => {
  const { db } = server.ctx.database;
  const trouble = { since: server.clock.now, why: 'connect ECONNREFUSED 127.0.0.1:25' };
  const items = (minutes: number) =>
    mailItems(db, { isMailOn: true, mailTrouble: () => trouble }, server.clock.now + minutes * 60_000);
  expect(await items(9)).toEqual([]);
  expect(await items(11)).toMatchObject([{ kind: 'mail-stuck', why: trouble.why }]);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Message } from 'dbus-native';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { startEmptyBus } from '../testing/keyring.ts';
import { findItem, secretServiceState } from './secret-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'pst-secret-service-'));
afterAll(() => rmSync(folder, { recursive: true }));

const log = pino({ level: 'silent' });
const path = '/org/freedesktop/secrets';

/** A session bus with a Secret Service that does nothing yet. */
async function emptyService() {
  const { env, stop } = await startEmptyBus(folder);
  const busAddress = env.DBUS_SESSION_BUS_ADDRESS ?? '';
  const service = createClient({ busAddress });
  await service.requestName('org.freedesktop.secrets', 0);
  const end = async () => {
    await service.close();
    await stop();
  };
  return { busAddress, service, end };
}

it('asks again when the keyring has not taken note of its caller yet', async () => {
  const { busAddress, service, end } = await emptyService();
  const callers: (string | undefined)[] = [];
  // What nobody handles is answered with "no such method", as gnome-keyring does; the third caller is served.
  service.connection.on('message', (message: Message) => {
    if (message.member !== 'SearchItems') return;
    callers.push(message.sender);
    if (callers.length !== 2) return;
    const found = () => [['/item'], []];
    service.setMethodCallHandler(path, 'org.freedesktop.Secret.Service', 'SearchItems', [found, 'aoao']);
  });

  expect(await findItem(busAddress, { account: 'a' }, log)).toBe('unlocked');
  expect(new Set(callers).size).toBe(3);
  await end();
});

it('asks again when the keyring names no default one to a caller that it has not taken note of yet', async () => {
  const { busAddress, service, end } = await emptyService();
  let answers = 0;
  const readAlias = () => (++answers % 3 === 0 ? '/collection' : '/');
  service.setMethodCallHandler(path, 'org.freedesktop.Secret.Service', 'ReadAlias', [readAlias, 'o']);
  const search = () => [[], []];
  service.setMethodCallHandler(path, 'org.freedesktop.Secret.Service', 'SearchItems', [search, 'aoao']);
  const keyring = { name: 'org.freedesktop.Secret.Collection', properties: { Locked: 'b' } };
  service.exportInterface({ Locked: false }, '/collection', keyring);

  expect(await findItem(busAddress, { account: 'a' }, log)).toBe('absent');
  expect(await secretServiceState(busAddress, log)).toBe('ready');
  expect(answers).toBe(6);
  await end();
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Message } from 'dbus-native';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { startEmptyBus } from '../testing/keyring.ts';
import { findItem } from './secret-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'pst-secret-service-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('asks again when the keyring has not taken note of its caller yet', async () => {
  const { env, stop } = await startEmptyBus(folder);
  const busAddress = env.DBUS_SESSION_BUS_ADDRESS ?? '';
  const service = createClient({ busAddress });
  await service.requestName('org.freedesktop.secrets', 0);
  const callers: (string | undefined)[] = [];
  // What nobody handles is answered with "no such method", as gnome-keyring does; the third caller is served.
  service.connection.on('message', (message: Message) => {
    if (message.member !== 'SearchItems') return;
    callers.push(message.sender);
    if (callers.length !== 2) return;
    const found = () => [['/item'], []];
    const path = '/org/freedesktop/secrets';
    service.setMethodCallHandler(path, 'org.freedesktop.Secret.Service', 'SearchItems', [found, 'aoao']);
  });

  expect(await findItem(busAddress, { account: 'a' }, pino({ level: 'silent' }))).toBe('unlocked');
  expect(new Set(callers).size).toBe(3);
  await service.close();
  await stop();
});

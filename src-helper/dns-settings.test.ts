import pino from 'pino';
import { beforeEach, expect, it, vi } from 'vitest';
import type { LeaseDns } from '../src-shared/lease.ts';
import { DnsSettings } from './dns-settings.ts';
import type { Names } from './platform.ts';

const company = { servers: ['10.0.0.53'] };
const other = { servers: ['10.0.0.54'], domains: ['corp.example'] };
let done: string[];
let isBroken: boolean;
let settings: DnsSettings;

beforeEach(() => {
  done = [];
  isBroken = false;
  const names: Names = {
    async set(dns: LeaseDns) {
      await Promise.resolve();
      if (isBroken) throw new Error('it fails');
      done.push(dns.servers.join());
      return 'resolved';
    },
    async unset() {
      if (isBroken) throw new Error('it fails');
      done.push('own');
    },
  };
  settings = new DnsSettings(names, pino({ level: 'silent' }), () => undefined, 10);
});

it('sets what is wanted once, and the last of several wishes', async () => {
  await settings.use(company);
  await settings.use({ ...company });
  expect([done, settings.status]).toEqual([['10.0.0.53'], 'resolved']);
  void settings.use(other);
  void settings.use(null);
  await settings.use(company);
  expect(done.at(-1)).toBe('10.0.0.53');
  expect(settings.status).toBe('resolved');
});

it("gives the system's own back as soon as that can be done", async () => {
  await settings.use(company);
  isBroken = true;
  await settings.use(null);
  expect(settings.status).toBe('unmanaged');
  isBroken = false;
  await vi.waitFor(() => expect(settings.status).toBe('none'));
  expect(done).toEqual(['10.0.0.53', 'own']);
});

it('tries no more once something else is wanted', async () => {
  await settings.use(company);
  isBroken = true;
  await settings.use(null);
  isBroken = false;
  await settings.use(other);
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect([done.at(-1), settings.status]).toEqual(['10.0.0.54', 'resolved']);
});

it('takes no servers for none, and sets again what failed', async () => {
  isBroken = true;
  await settings.use(company);
  expect(settings.status).toBe('unmanaged');
  isBroken = false;
  await settings.use(company);
  expect(settings.status).toBe('resolved');
  await settings.use({ servers: [] });
  expect(settings.status).toBe('none');
});

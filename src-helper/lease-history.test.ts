import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LEASE_AUDIENCE, type LeaseClaims } from '../src-shared/lease.ts';
import { LeaseHistory } from './lease-history.ts';

let directory: string;
let errors: unknown[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-history-'));
  errors = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (file = join(directory, 'history.json')) =>
  LeaseHistory.open({ file, now: () => 1_000_000, onWriteError: (error) => errors.push(error) });
const lease = (sub: string, epoch: number, jti = 'j'): LeaseClaims => ({
  iss: 'https://a.test',
  aud: LEASE_AUDIENCE,
  sub,
  jti,
  iat: 0,
  exp: 2_000,
  epoch,
  wg: {
    clientPublicKey: '',
    serverPublicKey: '',
    presharedKey: '',
    endpoint: '',
    addresses: [],
    allowedIps: [],
    dns: [],
    mtu: 1420,
    keepaliveSeconds: 0,
  },
});

it('stays bounded, and forgets the device that was seen longest ago', async () => {
  const history = await open();
  for (let device = 0; device < 300; device++) expect(history.accept(lease(`d${device}`, 5)).ok).toBe(true);
  expect(history.accept(lease('d299', 4)).ok).toBe(false);
  for (let ended = 0; ended < 2000; ended++) history.end({ jti: `j${ended}`, exp: 2_000 });
  await history.settled();
  const file = JSON.parse(await readFile(join(directory, 'history.json'), 'utf8'));
  expect([file.epochs.length, file.ended.length]).toEqual([256, 1024]);
  const again = await open();
  expect(again.accept(lease('d299', 4)).ok).toBe(false);
  expect(again.epochOf('d299')).toBe(5);
  expect(again.epochOf('299')).toBeNull();
});

it('drops ended leases once they have run out anyway', async () => {
  const history = await open();
  history.end({ jti: 'old', exp: 999 });
  history.end({ jti: 'new', exp: 2_000 });
  expect(history.accept(lease('d', 1, 'new')).ok).toBe(false);
  expect(history.accept(lease('d', 1, 'old')).ok).toBe(true);
  await history.settled();
});

it('tells when the file cannot be written, and still refuses what it knows', async () => {
  await writeFile(join(directory, 'file'), '');
  const history = await open(join(directory, 'history.json'));
  await rm(directory, { recursive: true });
  await writeFile(directory, 'in the way');
  history.accept(lease('d', 5));
  await history.settled();
  expect(errors).toHaveLength(1);
  expect(history.accept(lease('d', 4)).ok).toBe(false);
});

it('refuses to start on a file that it does not understand', async () => {
  await writeFile(join(directory, 'history.json'), '{"epochs":');
  await expect(open()).rejects.toThrow();
});

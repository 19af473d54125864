import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../db/database.ts';
import { newUnlockState } from '../../proof/unlock/unlock-state.ts';
import { newGuardState } from '../guard/guard-state.ts';
import { addressesFor, gatewayAddresses, hostAddress } from './address-pool.ts';

describe('hostAddress', () => {
  it('counts through byte borders and in IPv6', () => {
    expect(hostAddress('10.86.0.0/16', 2)).toBe('10.86.0.2');
    expect(hostAddress('10.86.0.0/16', 258)).toBe('10.86.1.2');
    expect(hostAddress('fd86::/64', 65_537)).toBe('fd86::1:1');
  });

  it('refuses a host outside the subnet', () => {
    expect(() => hostAddress('10.86.0.0/30', 4)).toThrow(RangeError);
  });
});

it('gives the gateway the first address of each of its networks', () => {
  expect(gatewayAddresses(['10.86.0.0/22', 'fd86::/64'])).toEqual(['10.86.0.1/22', 'fd86::1/64']);
});

describe('addressesFor', () => {
  let folder: string;
  let database: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-pool-'));
    database = await openDatabase(join(folder, 'db'));
    await database.db
      .insertInto('member')
      .values({
        id: 'm',
        email: 'm@x',
        name: 'M',
        role: 'member',
        password_hash: '',
        password_version: 0,
        is_blocked: 0,
        created_at: 0,
      })
      .execute();
    await database.db
      .insertInto('gateway')
      .values({
        id: 'g',
        name: 'g',
        token_hash: 'x',
        public_key: null,
        endpoint: null,
        subnet: '10.86.0.0/29',
        allowed_ips_json: '[]',
        dns_json: '[]',
        dns_domains_json: '[]',
        dns_search_json: '[]',
        alternate_ports_json: '[]',
        mtu: 1420,
        keepalive_seconds: 25,
        settings_at: 0,
        last_seen_at: 0,
        created_at: 0,
        removed_at: null,
      })
      .execute();
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const device = (id: string, lastSeen: number) =>
    database.db
      .insertInto('device')
      .values({
        id,
        member_id: 'm',
        name: id,
        platform: 'linux',
        public_key: '',
        gate_reason_json: null,
        last_seen_at: lastSeen,
        created_at: 0,
        removed_at: null,
        epoch: 0,
        last_seq: 0,
        grace_until: 0,
        grace_epoch: -1,
        ...newUnlockState,
        ...newGuardState,
      })
      .execute();
  const addressesOf = (deviceId: string, subnet6: string | null = null) =>
    database.db
      .transaction()
      .execute((tx) => addressesFor(tx, { gatewayId: 'g', deviceId, subnet: '10.86.0.0/29', subnet6 }));
  const addressOf = async (deviceId: string) => (await addressesOf(deviceId))?.address;

  it('has the same number for a device in both families, also where the second came later', async () => {
    await device('d0', 1);
    await device('d1', 1);
    expect(await addressesOf('d0')).toEqual({ address: '10.86.0.2', address6: null });
    expect(await addressesOf('d0', 'fd86::/64')).toEqual({ address: '10.86.0.2', address6: 'fd86::2' });
    expect(await addressesOf('d1', 'fd86::/64')).toEqual({ address: '10.86.0.3', address6: 'fd86::3' });
    expect(await addressesOf('d1')).toEqual({ address: '10.86.0.3', address6: null });
  });

  it('keeps the address of a device, fills the subnet, and then takes over the one unused for longest', async () => {
    for (let index = 0; index < 6; index++) await device(`d${index}`, 100 - index);
    expect(await addressOf('d0')).toBe('10.86.0.2');
    expect(await addressOf('d0')).toBe('10.86.0.2');
    for (const [index, expected] of [3, 4, 5, 6].entries())
      expect(await addressOf(`d${index + 1}`)).toBe(`10.86.0.${expected}`);
    await database.db
      .insertInto('lease')
      .values({
        id: 'l',
        device_id: 'd4',
        member_id: 'm',
        gateway_id: 'g',
        epoch: 0,
        wg_public_key: 'k',
        preshared_key_sealed: new Uint8Array(1),
        address: '10.86.0.6',
        proof_lease_id: null,
        settings_at: 0,
        begun_at: 0,
        expires_at: 1,
        ended_at: null,
        end_reason_json: null,
        enforced_at: null,
        notified_at: null,
        last_handshake_at: null,
        rx_bytes: 0,
        tx_bytes: 0,
      })
      .execute();
    // d4 was seen longest ago but holds a lease; d3 gives its address up.
    expect(await addressOf('d5')).toBe('10.86.0.5');
  });
});

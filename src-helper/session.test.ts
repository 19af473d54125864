import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LEASE_AUDIENCE, type LeaseClaims } from '../src-shared/lease.ts';
import { ok } from '../src-shared/problem.ts';
import { DnsSettings } from './dns-settings.ts';
import type { AcceptedLease } from './lease-verifier.ts';
import { Session } from './session.ts';
import { PortDevice } from './testing/port-device.ts';

const OWN = 51_820;
const KEY = 'A'.repeat(43);
const log = pino({ level: 'silent' });

describe("the turn of a gateway's ports", () => {
  let device: PortDevice;
  let session: Session;
  let network: string | null;

  const lease = (wg: Partial<LeaseClaims['wg']> = {}, privateKey = KEY): AcceptedLease => ({
    claims: {
      ...{ iss: 'https://vpn.test', aud: LEASE_AUDIENCE, sub: randomUUID(), jti: randomUUID() },
      ...{ iat: 0, exp: 2 ** 40, epoch: 1 },
      wg: {
        ...{ clientPublicKey: KEY, serverPublicKey: KEY, presharedKey: KEY, keepaliveSeconds: 0 },
        ...{ addresses: ['10.77.0.2/32'], allowedIps: ['10.77.0.0/24'], dns: [], mtu: 1420 },
        endpoint: `[2001:db8::1]:${OWN}`,
        alternatePorts: [443, 53],
        ...wg,
      },
    },
    privateKey,
    deadline: Number.POSITIVE_INFINITY,
  });
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    device = new PortDevice();
    network = '1 hotel';
    const names = { set: async () => 'resolved' as const, unset: async () => undefined };
    session = new Session({
      open: async () => ({
        device,
        network: {
          mark: 1,
          prepare: async () => undefined,
          apply: async (_, overlapSide) => ok({ overlaps: [], overlapSide }),
          clear: async () => undefined,
        },
      }),
      dns: (onChange) => new DnsSettings(names, log, onChange),
      attachment: () => network,
      now: () => Date.now(),
      monotonicNow: () => Date.now(),
      log,
    });
  });
  afterEach(async () => {
    await session.close();
    vi.useRealTimers();
  });

  it('goes to the next after three seconds without a handshake, round and round, until one answers', async () => {
    await session.up(lease());
    expect(device.tried).toEqual([OWN]);
    await pass(2_900);
    expect(device.tried).toEqual([OWN]);
    await pass(9_600);
    expect(device.tried).toEqual([OWN, 443, 53, OWN, 443]);
    expect(session.status()).toMatchObject({ phase: 'starting', alternatePort: 443, rxBytes: 0 });
    // What each new peer has sent counts.
    expect(session.status().txBytes).toBe(5 * 148);
    device.open = [53];
    await pass(3_500);
    expect(session.status()).toMatchObject({ phase: 'up', alternatePort: 53, rxBytes: 92 });
    await pass(60_000);
    expect(device.tried).toHaveLength(6);
  });

  it('stays where a lease names no other port, and says nothing of the own one', async () => {
    await session.up(lease({ alternatePorts: [] }));
    await pass(30_000);
    expect(device.tried).toEqual([OWN]);
    device.open = [OWN];
    await session.refresh();
    await pass(100);
    expect(session.status().phase).toBe('up');
    expect(session.status()).not.toHaveProperty('alternatePort');
  });

  it('begins with what worked on this network, and with the own port on every other', async () => {
    device.open = [443];
    await session.up(lease());
    await pass(3_500);
    await session.down();
    await session.up(lease());
    await pass(100);
    expect(device.tried).toEqual([OWN, 443, 443]);
    network = '2 home';
    device.open = [OWN, 443];
    await session.refresh();
    await pass(100);
    expect(session.status()).not.toHaveProperty('alternatePort');
    network = '1 hotel';
    await session.refresh();
    expect(device.tried).toEqual([OWN, 443, 443, OWN, 443]);
    // A gateway that has no such port.
    await session.up(lease({ alternatePorts: [53] }, 'B'.repeat(43)));
    expect(device.tried.at(-1)).toBe(OWN);
  });

  it('goes on with its turn where a handshake is asked for once more, and anew on another network', async () => {
    await session.up(lease());
    await pass(3_500);
    await session.refresh();
    expect(device.tried).toEqual([OWN, 443, 443]);
    await pass(9_300);
    expect(device.tried.slice(3)).toEqual([53, OWN, 443]);
    network = null;
    await pass(3_100);
    expect(device.tried.at(-1)).toBe(OWN);
  });

  it('moves in the middle of a connection when it is asked to shake hands and nobody answers', async () => {
    device.open = [OWN];
    await session.up(lease());
    await pass(1_000);
    device.open = [53];
    await session.refresh();
    await pass(6_500);
    expect(device.tried).toEqual([OWN, OWN, 443, 53]);
    expect(session.status()).toMatchObject({ phase: 'up', alternatePort: 53, rxBytes: 2 * 92 });
  });

  it('keeps what works when the lease is renewed, unless the new one does not name it', async () => {
    device.open = [443];
    await session.up(lease());
    await pass(3_500);
    // A session that lives has no need of another port, wherever the computer is.
    network = '2 home';
    await session.up(lease());
    expect(device.tried.at(-1)).toBe(443);
    await pass(10_000);
    expect(device.tried).toHaveLength(3);
    await session.up(lease({ alternatePorts: [53] }));
    expect(device.tried.at(-1)).toBe(OWN);
  });

  it('takes the tunnel down where the device refuses another port', async () => {
    await session.up(lease());
    device.refuses = true;
    await pass(3_500);
    expect(session.status().phase).toBe('down');
    device.refuses = false;
  });
});

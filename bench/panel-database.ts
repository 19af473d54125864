import { createHash, randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { v7 } from 'uuid';

const HOUR_MS = 3_600_000;

export interface Sizes {
  members: number;
  auditRows: number;
  leases: number;
  /** Of the leases: alive now. */
  live: number;
  /** How far back it goes. */
  days: number;
}

const words = [
  'Ana',
  'Émile',
  'Jürgen',
  'Priya',
  'Tomás',
  'Wei',
  'Zoë',
  'Olu',
  'Mika',
  'Sara',
  'Ivo',
  'Noor',
];
/** What a busy team's log is made of: action, outcome, what it is about. */
const kinds = [
  ['proof.totp', 'ok', 'member'],
  ['lease.begin', 'ok', 'lease'],
  ['lease.end', 'ok', 'lease'],
  ['session.begin', 'ok', 'device'],
  ['sign-in.password', 'ok', 'member'],
  ['proof.totp', 'refused', 'member'],
  ['api-token.use', 'ok', null],
  ['sign-in.password', 'refused', 'member'],
  ['member.disconnect', 'ok', 'member'],
] as const;

/**
 * Fills a server's database (migrated, empty but for its first members) with a large team's past, by bulk inserts. Nobody
 * runs `analyze` on a server, so it is not run here.
 */
export function fillPanelDatabase(file: string, sizes: Sizes, now: number): void {
  const sqlite = new DatabaseSync(file, { timeout: 60_000 });
  sqlite.exec('pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -2000000; begin');
  const start = now - sizes.days * 24 * HOUR_MS;
  const gateways = addGateways(sqlite, start);
  const members = addMembers(sqlite, sizes.members, start);
  const leases = addLeases(sqlite, members, gateways, sizes, start, now);
  addAudit(sqlite, members, leases, sizes.auditRows, start, now);
  sqlite.exec('commit');
  sqlite.close();
}

interface Person {
  id: string;
  deviceId: string;
}

function addGateways(sqlite: DatabaseSync, at: number): string[] {
  const insert =
    sqlite.prepare(`insert into gateway (id, name, token_hash, subnet, allowed_ips_json, dns_json, mtu,
    keepalive_seconds, last_seen_at, created_at) values (?, ?, ?, ?, '[]', '[]', 1420, 25, ?, ?)`);
  return Array.from({ length: 20 }, (_, index) => {
    const id = v7({ msecs: at });
    insert.run(id, `gateway ${index}`, id, `10.${index}.0.0/16`, at, at);
    return id;
  });
}

function addMembers(sqlite: DatabaseSync, count: number, at: number): Person[] {
  const member = sqlite.prepare(
    `insert into member (id, email, name, role, password_hash, created_at) values (?, ?, ?, 'member', '', ?)`,
  );
  const device =
    sqlite.prepare(`insert into device (id, member_id, name, platform, public_key, last_seen_at, created_at)
    values (?, ?, 'Laptop', 'linux', ?, ?, ?)`);
  const factor = sqlite.prepare(
    `insert into factor (id, member_id, secret_sealed, state, created_at) values (?, ?, x'00', 'active', ?)`,
  );
  const session =
    sqlite.prepare(`insert into session (id, member_id, device_id, kind, token_hash, method, created_at,
    last_used_at, expires_at) values (?, ?, ?, 'client', ?, 'totp', ?, ?, ?)`);
  return Array.from({ length: count }, (_, index) => {
    const [id, deviceId] = [v7({ msecs: at }), v7({ msecs: at })];
    const name = `${words[index % words.length]} ${words[(index * 7) % words.length]}son ${index}`;
    member.run(id, `person${index}@example.com`, name, at + index);
    device.run(deviceId, id, deviceId, at, at);
    if (index % 10 > 0) factor.run(v7({ msecs: at }), id, at);
    for (let old = 0; old < 4; old++)
      session.run(
        v7({ msecs: at }),
        id,
        deviceId,
        randomBytes(32).toString('hex'),
        at,
        at + index,
        at + HOUR_MS,
      );
    return { id, deviceId };
  });
}

function addLeases(
  sqlite: DatabaseSync,
  members: readonly Person[],
  gateways: readonly string[],
  { leases, live }: Sizes,
  start: number,
  now: number,
): string[] {
  const insert =
    sqlite.prepare(`insert into lease (id, device_id, member_id, gateway_id, epoch, wg_public_key,
    preshared_key_sealed, address, begun_at, expires_at, ended_at, enforced_at, rx_bytes, tx_bytes)
    values (?, ?, ?, ?, 0, ?, x'00', '10.0.0.2', ?, ?, ?, ?, 1000, 2000)`);
  return Array.from({ length: leases }, (_, index) => {
    const isLive = index >= leases - live;
    const begun = start + Math.floor(((now - start) / leases) * index);
    const { id, deviceId } = pick(members, isLive ? index - (leases - live) : index * 31);
    const leaseId = v7({ msecs: begun });
    const ended = isLive ? null : begun + HOUR_MS;
    insert.run(
      leaseId,
      deviceId,
      id,
      pick(gateways, index),
      leaseId,
      begun,
      now + 24 * HOUR_MS,
      ended,
      ended,
    );
    return leaseId;
  });
}

/** With the chain of hashes that a server would have written. */
function addAudit(
  sqlite: DatabaseSync,
  members: readonly Person[],
  leases: readonly string[],
  count: number,
  start: number,
  now: number,
): void {
  const last = sqlite.prepare('select hash from audit order by seq desc limit 1').get();
  let previous = typeof last?.hash === 'string' ? last.hash : '0'.repeat(64);
  const insert =
    sqlite.prepare(`insert into audit (at, actor, action, subject, outcome, ip, details_json, prev_hash, hash)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  for (let index = 0; index < count; index++) {
    const [action, outcome, about] = pick(kinds, (index * 7) % 11 < 9 ? index : 0);
    const at = start + Math.floor(((now - start) / count) * index);
    const { id, deviceId } = pick(members, index * 17);
    const subject = {
      member: `member:${id}`,
      device: `device:${deviceId}`,
      lease: `lease:${pick(leases, index)}`,
    };
    const actor = action === 'lease.end' ? 'server' : `member:${id}`;
    const ip = `198.51.${(index >> 8) & 255}.${index & 255}`;
    const details = JSON.stringify({
      reason: index % 1000 === 0 ? `incident INC-${index}` : 'idle',
      factorId: id,
    });
    const of = about === null ? null : subject[about];
    const content = JSON.stringify([previous, at, actor, action, of, outcome, ip, details]);
    const hash = createHash('sha256').update(content).digest('hex');
    insert.run(at, actor, action, of, outcome, ip, details, previous, hash);
    previous = hash;
  }
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

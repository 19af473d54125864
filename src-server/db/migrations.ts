import { type Kysely, type Migration, sql } from 'kysely';
import { accountSchema } from './account-schema.ts';
import { adminSchema } from './admin-schema.ts';
import { gatewayTokenSchema } from './gateway-token-schema.ts';
import { keyRotationSchema } from './key-rotation-schema.ts';
import { leaseKeySchema } from './lease-key-schema.ts';
import { mailSchema } from './mail-schema.ts';
import { pastIndices } from './past-indices.ts';
import { pastSchema } from './past-schema.ts';
import { restoredSchema } from './restored-schema.ts';
import { tokenAndFactorSchema } from './token-and-factor-schema.ts';

/** In order of their names; each runs once, in a transaction, at start. Landed ones are never edited. */
export const migrations: Record<string, Migration> = {
  '0001-first': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of firstSchema) await sql.raw(statement).execute(db);
    },
  },
  '0002-unlock': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of unlockSchema) await sql.raw(statement).execute(db);
    },
  },
  '0003-panel': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of panelSchema) await sql.raw(statement).execute(db);
    },
  },
  '0004-admin': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of adminSchema) await sql.raw(statement).execute(db);
    },
  },
  '0005-gateways': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const table of ['gateway', 'lease'])
        await sql.raw(`alter table ${table} add column settings_at integer not null default 0`).execute(db);
      await sql`alter table lease add column proof_lease_id text`.execute(db);
    },
  },
  '0006-guard': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of guardSchema) await sql.raw(statement).execute(db);
    },
  },
  '0007-gateway-names-and-ports': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const column of ['dns_domains_json', 'dns_search_json', 'alternate_ports_json'])
        await sql.raw(`alter table gateway add column ${column} text not null default '[]'`).execute(db);
    },
  },
  '0008-gateway-agent-and-families': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const column of ['subnet6', 'agent_json', 'host_troubles_json'])
        await sql.raw(`alter table gateway add column ${column} text`).execute(db);
      await sql`alter table lease add column address6 text`.execute(db);
    },
  },
  '0009-panel-session-end': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`alter table session add column end_reason_json text`.execute(db);
    },
  },
  '0010-panel-step-up': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`alter table session add column proof_at integer`.execute(db);
      await sql`alter table session add column proof_factor_id text`.execute(db);
    },
  },
  '0011-past-indices': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of pastIndices) await sql.raw(statement).execute(db);
    },
  },
  '0012-accounts': { up: accountSchema },
  '0013-past': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of pastSchema) await sql.raw(statement).execute(db);
    },
  },
  '0014-tokens-and-factors': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of tokenAndFactorSchema) await sql.raw(statement).execute(db);
    },
  },
  '0015-restored': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of restoredSchema) await sql.raw(statement).execute(db);
    },
  },
  '0016-mail': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of mailSchema) await sql.raw(statement).execute(db);
    },
  },
  '0017-guard-failed': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`alter table device add column guard_failed text`.execute(db);
      await sql`create index device_guard_failed on device(member_id) where guard_failed is not null`.execute(
        db,
      );
    },
  },
  '0018-gateway-tokens': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of gatewayTokenSchema) await sql.raw(statement).execute(db);
    },
  },
  '0019-key-rotation': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of keyRotationSchema) await sql.raw(statement).execute(db);
    },
  },
  '0020-lease-key': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of leaseKeySchema) await sql.raw(statement).execute(db);
    },
  },
};

const firstSchema = [
  `create table member (
    id text primary key, email text not null unique, name text not null,
    role text not null check (role in ('owner', 'administrator', 'member')),
    password_hash text not null, is_blocked integer not null default 0, created_at integer not null) strict`,
  `create table factor (
    id text primary key, member_id text not null references member(id) on delete cascade, secret_sealed blob not null,
    state text not null check (state in ('pending', 'active', 'ended')), is_disabled integer not null default 0,
    last_step integer not null default 0, created_at integer not null) strict`,
  `create unique index factor_one_active on factor(member_id) where state = 'active'`,
  `create table backup_code (
    id text primary key, factor_id text not null references factor(id) on delete cascade,
    code_hash text not null, used_at integer) strict`,
  `create index backup_code_factor on backup_code(factor_id)`,
  `create table attempt (
    key text primary key, failures integer not null, window_started_at integer not null,
    failures_in_row integer not null, blocked_until integer not null) strict`,
  `create table device (
    id text primary key, member_id text not null references member(id) on delete cascade, name text not null,
    platform text not null, public_key text not null, epoch integer not null default 0, last_seq integer not null default 0,
    gate_reason_json text, grace_until integer not null default 0, grace_epoch integer not null default -1,
    last_seen_at integer not null, created_at integer not null, removed_at integer) strict`,
  `create index device_member on device(member_id)`,
  `create table session (
    id text primary key, member_id text not null references member(id) on delete cascade,
    device_id text references device(id) on delete cascade, kind text not null check (kind in ('client', 'panel')),
    token_hash text not null unique, method text not null, created_at integer not null, last_used_at integer not null,
    expires_at integer not null, ended_at integer) strict`,
  `create index session_member on session(member_id)`,
  `create index session_device on session(device_id)`,
  `create table sign_in_token (
    token_hash text primary key, member_id text not null references member(id) on delete cascade,
    purpose text not null check (purpose in ('mfa', 'setup')), device_json text not null,
    expires_at integer not null, used_at integer) strict`,
  `create table challenge (
    id text primary key, device_id text not null references device(id) on delete cascade, epoch integer not null,
    nonce text not null, requires_json text not null, unlock_methods_json text not null, reason_json text,
    expires_at integer not null, used_at integer) strict`,
  `create index challenge_expiry on challenge(expires_at)`,
  `create table gateway (
    id text primary key, name text not null, token_hash text not null unique, public_key text, endpoint text,
    subnet text not null, allowed_ips_json text not null, dns_json text not null, mtu integer not null,
    keepalive_seconds integer not null, last_seen_at integer not null default 0, created_at integer not null,
    removed_at integer) strict`,
  `create table gateway_address (
    gateway_id text not null references gateway(id) on delete cascade,
    device_id text not null references device(id) on delete cascade, host integer not null,
    primary key (gateway_id, device_id), unique (gateway_id, host)) strict`,
  `create table lease (
    id text primary key, device_id text not null references device(id) on delete cascade,
    member_id text not null references member(id) on delete cascade,
    gateway_id text not null references gateway(id) on delete cascade, epoch integer not null,
    wg_public_key text not null, preshared_key_sealed blob not null, address text not null,
    begun_at integer not null, expires_at integer not null, ended_at integer, end_reason_json text,
    enforced_at integer, notified_at integer, rx_bytes integer not null default 0, tx_bytes integer not null default 0,
    last_handshake_at integer) strict`,
  `create unique index lease_one_live on lease(device_id) where ended_at is null`,
  `create index lease_live_member on lease(member_id) where ended_at is null`,
  `create index lease_live_gateway on lease(gateway_id) where ended_at is null`,
  `create index lease_unenforced on lease(gateway_id) where ended_at is not null and enforced_at is null`,
  `create index lease_begun on lease(begun_at)`,
  `create table event (
    device_id text not null references device(id) on delete cascade, seq integer not null, frame_json text not null,
    created_at integer not null, primary key (device_id, seq)) strict`,
  `create table api_token (
    id text primary key, name text not null, token_hash text not null unique, scopes_json text not null,
    allowed_ips_json text not null, expires_at integer not null, created_at integer not null, revoked_at integer,
    last_used_at integer, last_used_ip text, use_count integer not null default 0) strict`,
  `create table policy (
    id integer primary key check (id = 1), policy_json text not null, version integer not null,
    updated_at integer not null) strict`,
  `create table audit (
    seq integer primary key autoincrement, at integer not null, actor text not null, action text not null,
    subject text, outcome text not null, ip text, details_json text not null, prev_hash text not null,
    hash text not null) strict`,
  `create index audit_at on audit(at)`,
  `create trigger audit_no_update before update on audit begin select raise(abort, 'audit is append-only'); end`,
  `create trigger audit_no_delete before delete on audit begin select raise(abort, 'audit is append-only'); end`,
];

/** Columns of `device` and no table of their own: whoever has read the device has everything that decides. */
const unlockSchema = [
  `alter table device add column pin_salt text`,
  `alter table device add column pin_verifier text`,
  `alter table device add column pin_failures integer not null default 0`,
  `alter table device add column pin_wait_until integer not null default 0`,
  `alter table device add column soft_public_key text`,
  `alter table device add column hardware_credential_id text`,
  `alter table device add column hardware_public_key text`,
  `alter table device add column hardware_counter integer not null default 0`,
  `alter table device add column proof_counter integer not null default 0`,
  `alter table device add column soft_base_at integer not null default 0`,
  `alter table device add column code_proof_at integer not null default 0`,
  `alter table device add column is_code_demanded integer not null default 0`,
  `alter table challenge add column purpose text not null default 'connect'
    check (purpose in ('connect', 'set-up', 'check'))`,
];

/** What the Control Panel's sessions know, resets on their way, and mails that wait to be sent. */
const panelSchema = [
  `alter table session add column ip text`,
  `alter table session add column user_agent text`,
  `alter table session add column totp_factor_id text`,
  `alter table sign_in_token add column surface text not null default 'client'
    check (surface in ('client', 'panel'))`,
  `create table mfa_reset (
    id text primary key, member_id text not null references member(id) on delete cascade,
    token_hash text not null unique, requested_by text not null, factor_id text, created_at integer not null,
    expires_at integer not null, used_at integer, withdrawn_at integer) strict`,
  `create unique index mfa_reset_one_open on mfa_reset(member_id) where used_at is null and withdrawn_at is null`,
  `create table mail (
    id text primary key, member_id text not null references member(id) on delete cascade, kind text not null,
    content_sealed blob not null, created_at integer not null, give_up_at integer not null,
    next_try_at integer not null, tries integer not null default 0) strict`,
  `create index mail_due on mail(next_try_at)`,
  `create index audit_actor on audit(actor, seq)`,
  `create index audit_subject on audit(subject, seq)`,
];

/** What a device can hold back, and what it was last told and did. */
const guardSchema = [
  `alter table device add column helper_version text`,
  `alter table device add column can_guard integer not null default 0`,
  `alter table device add column is_guard_exempt integer not null default 0`,
  `alter table device add column guard_seq integer not null default 0`,
  `alter table device add column guard_event_at integer not null default 0`,
  `create index lease_device on lease(device_id, begun_at)`,
];

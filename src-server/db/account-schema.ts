import { type Kysely, sql } from 'kysely';
import { foldEmail } from '../../src-shared/typed-email.ts';

/**
 * Migration 0012: passwords that end, what a sign-in has proven before it asks for a new one, the clients that have
 * signed in before, and addresses in the one form in which they are looked for. Sign-ins on their way begin anew.
 */
export async function accountSchema(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  await foldEmails(db);
}

const statements = [
  `alter table member add column password_version integer not null default 0`,
  `alter table member add column password_expires_at integer`,
  `drop table sign_in_token`,
  `create table sign_in_token (
    token_hash text primary key, member_id text not null references member(id) on delete cascade,
    purpose text not null check (purpose in ('mfa', 'setup', 'password')), device_json text not null,
    expires_at integer not null, used_at integer,
    surface text not null default 'client' check (surface in ('client', 'panel')),
    method text check (method in ('password', 'totp', 'backup-code')), factor_id text) strict`,
  `create index sign_in_token_expiry on sign_in_token(expires_at)`,
  `create index sign_in_token_member on sign_in_token(member_id)`,
  `create table trusted_client (
    id text primary key, member_id text not null references member(id) on delete cascade,
    device_id text references device(id) on delete cascade, token_hash text not null unique,
    last_used_at integer not null) strict`,
  `create index trusted_client_member on trusted_client(member_id, last_used_at)`,
  `create index trusted_client_device on trusted_client(device_id) where device_id is not null`,
];

/**
 * Two members whose addresses turn out to be one keep them as they are: the one whose address is not folded cannot sign
 * in before an administrator has given them another.
 */
async function foldEmails(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ id: string; email: string }>`select id, email from member`.execute(db);
  const taken = new Set(rows.map(({ email }) => email));
  for (const { id, email } of rows) {
    const folded = foldEmail(email);
    if (taken.has(folded)) continue;
    taken.add(folded);
    await sql`update member set email = ${folded} where id = ${id}`.execute(db);
  }
}

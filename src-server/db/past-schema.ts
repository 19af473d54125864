/**
 * Migration 0013: what a server with a long past needs. Refusals of strangers are counted in rows of `refusal` before
 * they become rows of the log; anchors say up to where the log was archived; what is over can be found and purged.
 */
export const pastSchema = [
  `create table refusal (
    key text primary key, hour integer not null, actor text not null, action text not null, subject text, ip text,
    details_json text not null, written integer not null, count integer not null, first_at integer not null,
    last_at integer not null) strict`,
  `create index refusal_hour on refusal(hour)`,

  `create table audit_anchor (
    seq integer primary key, from_seq integer not null, rows integer not null, prev_hash text not null,
    hash text not null, at integer not null, token text not null) strict`,
  `create trigger audit_anchor_no_update before update on audit_anchor
    begin select raise(abort, 'audit is append-only'); end`,
  `create trigger audit_anchor_no_delete before delete on audit_anchor
    begin select raise(abort, 'audit is append-only'); end`,
  // Rows leave the log only behind a signed anchor.
  `drop trigger audit_no_delete`,
  `create trigger audit_no_delete before delete on audit
    when old.seq > coalesce((select max(seq) from audit_anchor), 0)
    begin select raise(abort, 'audit is append-only'); end`,

  // Made anew, since rows could not be taken out of it; from the newest row backwards, so that search is of use at once.
  `drop table audit_search`,
  `create virtual table audit_search using fts5(
    actor, action, subject, outcome, words, content='', contentless_delete=1,
    tokenize="unicode61 tokenchars '.-:_'")`,
  `delete from audit_hour`,
  `alter table audit_indexed add column backfill_seq integer not null default 0`,
  `update audit_indexed set seq = coalesce((select max(seq) from audit), 0),
    backfill_seq = coalesce((select max(seq) from audit), 0)`,

  // See migration 0011 for why the second column of what is alive or due is the one that says so.
  `drop index lease_begun`,
  `create index lease_begun on lease(begun_at, ended_at)`,
  `create index lease_gateway on lease(gateway_id, begun_at)`,
  `drop index lease_live_gateway`,
  `create index lease_live_gateway on lease(gateway_id, ended_at) where ended_at is null`,
  `drop index lease_unenforced`,
  `create index lease_unenforced on lease(gateway_id, enforced_at)
    where ended_at is not null and enforced_at is null`,
  `create index lease_live_expiry on lease(ended_at, expires_at) where ended_at is null`,

  `create index session_over on session(coalesce(ended_at, expires_at))`,
  `create index mfa_reset_expiry on mfa_reset(expires_at)`,
  `alter table factor add column ended_at integer`,
  `update factor set ended_at = unixepoch() * 1000 where state = 'ended'`,
  `create trigger factor_ended after update of state on factor when new.state = 'ended' and old.state <> 'ended'
    begin update factor set ended_at = unixepoch() * 1000 where id = new.id; end`,
  `create index factor_ended_at on factor(ended_at) where ended_at is not null`,
  `create index factor_pending on factor(created_at) where state = 'pending'`,
];

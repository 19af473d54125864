/** Migration 0020: which lease key comes next, who has heard of it, and the secret that outlasts it. */
export const leaseKeySchema = [
  /** One row, of the newest step; without a key: taken back, or done. */
  `create table lease_key_rotation (
    id integer primary key check (id = 1), step integer not null, at integer not null, next_public_key text,
    next_key_file text) strict`,
  `create table past_lease_key (
    key_id text primary key, public_key text not null, ended_at integer not null) strict`,
  /** Anchors of the audit log that a key of before has signed, signed anew by the one of now. */
  `create table audit_anchor_vouch (seq integer primary key references audit_anchor(seq), token text not null) strict`,
  /** What the helper of each device has taken last. */
  `create table device_lease_key (
    device_id text primary key references device(id) on delete cascade, step integer not null) strict`,
  `alter table key_check add column cost_draw_sealed blob`,
];

/** Migration 0019: the encryption keys there were before the one of now. */
export const keyRotationSchema = [
  `alter table key_check add column encryption_key_id text`,
  `create table past_encryption_key (
    key_id text primary key, ended_at integer not null, erased_at integer, kept_at text, new_key_file text) strict`,
];

/** Migration 0015: what tells that keys and database belong together, and what a restore takes out of force. */
export const restoredSchema = [
  /** One row, by whichever server opened the database first with these keys. */
  `create table key_check (
    id integer primary key check (id = 1), sealed blob not null, lease_key_id text not null) strict`,
  /** Set: the token works again once an owner has confirmed it. */
  `alter table api_token add column suspended_at integer`,
];

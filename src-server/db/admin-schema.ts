/**
 * Migration 0004: what the lists of the Control Panel are quick by. Nothing here is written on the way of a connect or
 * a disconnect but `lease_member`: the search over the audit log is brought up to date when somebody looks.
 */
export const adminSchema = [
  /** Set: the member is gone; the row stays, so that logs keep their names. `email` is free again then. */
  `alter table member add column removed_at integer`,
  `alter table member add column former_email text`,
  /** As in `AuditEntry.actor`. */
  `alter table policy add column updated_by text`,
  `create index member_name on member(name collate nocase, id)`,
  `create index lease_member on lease(member_id, begun_at)`,
  // Words keep their dots, dashes and colons, so that an id, an address or an action is one word.
  `create virtual table audit_search using fts5(
    actor, action, subject, outcome, words, content='', columnsize=0,
    tokenize="unicode61 tokenchars '.-:_'")`,
  `create table audit_hour (
    hour integer not null, action text not null, outcome text not null, count integer not null,
    primary key (hour, action, outcome)) strict, without rowid`,
  `create table audit_indexed (id integer primary key check (id = 1), seq integer not null) strict`,
  `insert into audit_indexed (id, seq) values (1, 0)`,
];

/** Migration 0016: the last mail to a member that was given up; gone with the next one that is taken. */
export const mailSchema = [
  `create table mail_failure (
    member_id text primary key references member(id) on delete cascade, at integer not null, kind text not null,
    tries integer not null, why text not null) strict`,
  `create index mail_failure_at on mail_failure(at)`,
];

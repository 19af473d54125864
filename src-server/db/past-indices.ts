/**
 * Migration 0011: what is alive, due or still to be confirmed is found without reading what has ended, of which there is
 * more every day. Where an index over all of the past begins with the same column, SQLite takes the one that a second
 * column narrows; so the second column of these is the one that says that a row counts, the same for each.
 */
export const pastIndices = [
  `drop index lease_live_member`,
  `create index lease_live_member on lease(member_id, ended_at, begun_at) where ended_at is null`,
  `create index lease_live_begun on lease(ended_at, begun_at) where ended_at is null`,
  `create index lease_unenforced_member on lease(member_id, enforced_at)
    where ended_at is not null and enforced_at is null`,
  `create index lease_unenforced_device on lease(device_id, enforced_at)
    where ended_at is not null and enforced_at is null`,
  `create index session_live_member on session(member_id, ended_at) where ended_at is null`,
  `create index session_live_device on session(device_id, ended_at) where ended_at is null`,
  `create index event_created on event(created_at)`,
  `create index sign_in_token_expiry on sign_in_token(expires_at)`,
  `create index sign_in_token_member on sign_in_token(member_id)`,
  `create index factor_member on factor(member_id)`,
  `create index attempt_blocked on attempt(blocked_until)`,
  `create index challenge_device on challenge(device_id)`,
  `create index mail_member on mail(member_id)`,
  `create index member_role on member(role)`,
];

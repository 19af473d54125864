/**
 * Migration 0014: who made an API token, as the audit log has it, and which codes of a factor were refused. Tokens whose
 * maker has left or was demoted before go on as they did, marked as kept: an integration does not end because the server
 * is updated.
 */
export const tokenAndFactorSchema = [
  `alter table factor add column refused_steps_json text not null default '[]'`,
  `alter table api_token add column made_by text not null default 'cli'`,
  `alter table api_token add column is_kept integer not null default 0`,
  `alter table api_token add column end_reason text`,
  `update api_token set made_by = coalesce((select actor from audit
    where subject = 'api-token:' || api_token.id and action = 'api-token.create' order by seq limit 1), 'cli')`,
  `update api_token set is_kept = 1 where made_by like 'member:%' and substr(made_by, 8) not in
    (select id from member where role in ('owner', 'administrator') and is_blocked = 0 and removed_at is null)`,
  `create index api_token_maker on api_token(made_by) where revoked_at is null`,
];

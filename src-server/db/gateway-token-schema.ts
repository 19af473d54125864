/** A token beside the one in use, until the agent has come with it or the time of the old one is over. */
export const gatewayTokenSchema = [
  `alter table gateway add column token_made_at integer`,
  `alter table gateway add column next_token_hash text`,
  `alter table gateway add column next_token_made_at integer`,
  `alter table gateway add column token_ends_at integer`,
  `create unique index gateway_next_token on gateway(next_token_hash) where next_token_hash is not null`,
  `create index gateway_token_end on gateway(token_ends_at) where token_ends_at is not null`,
];

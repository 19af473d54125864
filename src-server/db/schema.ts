import type { Generated } from 'kysely';

/** Rows as they lie in the database. Times are milliseconds since 1970, booleans 0/1, `*_json` parsed by its store. */

type Flag = 0 | 1;

export interface MemberRow {
  id: string;
  /** As `foldEmail` makes it, unique. */
  email: string;
  name: string;
  role: 'owner' | 'administrator' | 'member';
  password_hash: string;
  is_blocked: Flag;
  created_at: number;
  /** Gone: blocked for ever, kept only for the names in logs. `email` is a stand-in then. */
  removed_at: number | null;
  former_email: string | null;
  /** Counts the passwords that were set; a new hash of the same one is none. */
  password_version: number;
  /** Set by somebody else: to be changed at the next sign-in, and worthless from then on. Null: the member's own. */
  password_expires_at: number | null;
}

export interface FactorRow {
  id: string;
  member_id: string;
  /** AES-256-GCM under the encryption key; see keys/sealed-box.ts. */
  secret_sealed: Uint8Array;
  state: 'pending' | 'active' | 'ended';
  is_disabled: Flag;
  /** Newest accepted TOTP step (30 s units since 1970); only a later one is accepted. */
  last_step: number;
  created_at: number;
  /** When it became `ended`, by the database's own clock. */
  ended_at: number | null;
  /** Steps near the present whose code was refused: none of them is accepted later. */
  refused_steps_json: string;
}

export interface BackupCodeRow {
  id: string;
  factor_id: string;
  /** argon2id, own salt. */
  code_hash: string;
  used_at: number | null;
}

/** Failed proofs per `key` (`member:<id>:totp`, `member:<id>:password`, …), shared by every way in. */
export interface AttemptRow {
  key: string;
  /** Failures since `window_started_at`. */
  failures: number;
  window_started_at: number;
  /** Failures since the last success. */
  failures_in_row: number;
  blocked_until: number;
}

export interface DeviceRow {
  id: string;
  member_id: string;
  name: string;
  platform: string;
  /** P-256 SPKI, base64url. */
  public_key: string;
  epoch: number;
  /** Newest event seq of this device's channel. */
  last_seq: number;
  /** Why the next connection is gated (`Reason`), until a connection succeeds. */
  gate_reason_json: string | null;
  /** A TOTP accepted at sign-in counts once until then, in that epoch. */
  grace_until: number;
  grace_epoch: number;
  last_seen_at: number;
  created_at: number;
  removed_at: number | null;
  /** base64url; null with `pin_verifier` while there is no PIN. */
  pin_salt: string | null;
  /** SHA-256 of the PIN proof, base64url. */
  pin_verifier: string | null;
  /** Wrong PINs since the last right one. */
  pin_failures: number;
  pin_wait_until: number;
  /** P-256 SPKI, base64url: signs `uv-soft`. */
  soft_public_key: string | null;
  /** WebAuthn credential id, base64url. */
  hardware_credential_id: string | null;
  /** COSE key, base64url. */
  hardware_public_key: string | null;
  /** WebAuthn signature counter that was seen last. */
  hardware_counter: number;
  /** `ctr` of the newest statement; never goes back, whatever is removed. */
  proof_counter: number;
  /** The level A or B proof that opened the window of `uv-soft`; 0 after every end of access that moves the epoch. */
  soft_base_at: number;
  /** The last one-time password that was accepted from this device. */
  code_proof_at: number;
  /** Too many wrong PINs: a code first. */
  is_code_demanded: Flag;
  /** As the newest connect told it; null: nothing was told. */
  helper_version: string | null;
  /** The helper of the newest connect can hold traffic back. */
  can_guard: Flag;
  /** May connect although it cannot. */
  is_guard_exempt: Flag;
  /** `seq` of the newest guard that was signed for it; 0: none ever. */
  guard_seq: number;
  /** Of the newest event of its guard that is in the audit log. */
  guard_event_at: number;
  /** Why what should be held back on it is not: the code of a problem; null: it is, or nothing was told. */
  guard_failed: string | null;
}

export interface SessionRow {
  id: string;
  member_id: string;
  device_id: string | null;
  kind: 'client' | 'panel';
  token_hash: string;
  /** Strongest proof it was made with. */
  method: 'password' | 'totp' | 'backup-code';
  created_at: number;
  last_used_at: number;
  expires_at: number;
  ended_at: number | null;
  /** Where it was made from. */
  ip: string | null;
  user_agent: string | null;
  /** The factor that this session answered with a code of: at sign-in, or when it confirmed a new one. */
  totp_factor_id: string | null;
  /** Why somebody else ended it (`Reason`): whoever comes with its cookie is told. */
  end_reason_json: string | null;
  /** When this panel session was last given a proof; null: never since there are step-ups. */
  proof_at: number | null;
  /** The factor whose code or backup code that was; null: the password alone. */
  proof_factor_id: string | null;
}

/** Between the password and a session. */
export interface SignInTokenRow {
  token_hash: string;
  member_id: string;
  /** `password`: all is proven, and a new password is asked for. */
  purpose: 'mfa' | 'setup' | 'password';
  /** `{}` on the panel, which has no device. */
  device_json: string;
  expires_at: number;
  used_at: number | null;
  /** A token counts only where it was issued. */
  surface: 'client' | 'panel';
  /** With `password`: the strongest proof that was given, and the factor whose code or backup code it was. */
  method: SessionRow['method'] | null;
  factor_id: string | null;
}

/** A client or browser from which the member has signed in before, by the token that it keeps. */
export interface TrustedClientRow {
  id: string;
  member_id: string;
  /** Null: a browser on the Control Panel. */
  device_id: string | null;
  token_hash: string;
  last_used_at: number;
}

/** What a challenge was issued for; an answer to one is no answer to another. */
export type ChallengePurpose = 'connect' | 'set-up' | 'check';

export interface ChallengeRow {
  id: string;
  device_id: string;
  epoch: number;
  nonce: string;
  requires_json: string;
  unlock_methods_json: string;
  reason_json: string | null;
  expires_at: number;
  used_at: number | null;
  purpose: ChallengePurpose;
}

export interface GatewayRow {
  id: string;
  name: string;
  /** Of the token that the agent comes with. */
  token_hash: string;
  /** Null: with the gateway. */
  token_made_at: number | null;
  /** Of the one that takes its place as soon as the agent comes with it, or at `token_ends_at`; null: there is none. */
  next_token_hash: string | null;
  next_token_made_at: number | null;
  token_ends_at: number | null;
  public_key: string | null;
  endpoint: string | null;
  /** Addresses for devices are taken from here; the first host address is the gateway's own. */
  subnet: string;
  /** The same in IPv6 beside an IPv4 `subnet`; null: devices have no IPv6 address. */
  subnet6: string | null;
  allowed_ips_json: string;
  dns_json: string;
  /** The resolvers of `dns_json` are asked for names of these alone; none: for every name. */
  dns_domains_json: string;
  /** Where names without a dot are looked for. */
  dns_search_json: string;
  /** UDP ports besides the endpoint's own, in the order in which they are tried. */
  alternate_ports_json: string;
  mtu: number;
  keepalive_seconds: number;
  /** When something was changed that a lease takes from here, milliseconds since 1970; 0: never. */
  settings_at: number;
  /** What the agent that came last said of itself (`GatewayAgent`); null: it said nothing, or none came. */
  agent_json: string | null;
  /** What that agent said last of its host, for who cannot ask the server; null: nothing since it came. */
  host_troubles_json: string | null;
  last_seen_at: number;
  created_at: number;
  removed_at: number | null;
}

/** A device keeps its address on a gateway, so that a reconnect changes nothing but keys. */
export interface GatewayAddressRow {
  gateway_id: string;
  device_id: string;
  /** Host number inside the subnet, the same in both families. */
  host: number;
}

export interface LeaseRow {
  id: string;
  device_id: string;
  member_id: string;
  gateway_id: string;
  /** The lease that was begun with a proof, where this one goes on from it at another gateway. */
  proof_lease_id: string | null;
  epoch: number;
  wg_public_key: string;
  preshared_key_sealed: Uint8Array;
  address: string;
  /** Beside an IPv4 `address`; null: the device has none, or its gateway's network was taken away. */
  address6: string | null;
  /** Of the gateway, as they were given out with it. */
  settings_at: number;
  begun_at: number;
  expires_at: number;
  ended_at: number | null;
  end_reason_json: string | null;
  /** The gateway confirmed that the peer is gone. */
  enforced_at: number | null;
  /** The client's channel took the frame. */
  notified_at: number | null;
  rx_bytes: number;
  tx_bytes: number;
  last_handshake_at: number | null;
}

export interface EventRow {
  device_id: string;
  seq: number;
  frame_json: string;
  created_at: number;
}

export interface ApiTokenRow {
  id: string;
  name: string;
  token_hash: string;
  scopes_json: string;
  /** CIDR list; empty allows every address. */
  allowed_ips_json: string;
  expires_at: number;
  created_at: number;
  revoked_at: number | null;
  last_used_at: number | null;
  last_used_ip: string | null;
  use_count: number;
  /** The server was restored from a backup: it works again once an owner has confirmed it. */
  suspended_at: number | null;
  /** As in `AuditEntry.actor`. */
  made_by: string;
  /** It does not end when its maker leaves, is blocked or is demoted. */
  is_kept: Flag;
  /** Why it was revoked. */
  end_reason: 'revoked' | 'maker-removed' | 'maker-blocked' | 'maker-demoted' | null;
}

/** What the keys of this database are told by. */
export interface KeyCheckRow {
  id: Generated<1>;
  /** A known text under the encryption key. */
  sealed: Uint8Array;
  /** `kid` of the leases. */
  lease_key_id: string;
  /** As `encryptionKeyId` makes it; null: not told since there are rotations. */
  encryption_key_id: string | null;
  /** 32 bytes, see `costDrawKeyOf`; null: still what the lease key of now gives. */
  cost_draw_sealed: Generated<Uint8Array | null>;
}

/** The newest step of the rotations of the lease key. */
export interface LeaseKeyRotationRow {
  id: 1;
  /** Milliseconds since 1970 or more; it only rises. */
  step: number;
  at: number;
  /** Ed25519, base64url; null: no rotation is under way. */
  next_public_key: string | null;
  /** Where it was written for somebody to put it into place; null: it is beside the present one. */
  next_key_file: string | null;
}

/** An anchor that a lease key of before has signed, signed anew. */
export interface AuditAnchorVouchRow {
  seq: number;
  token: string;
}

/** The newest step that a device's helper has taken. */
export interface DeviceLeaseKeyRow {
  device_id: string;
  step: number;
}

/** A lease key that another one took the place of. */
export interface PastLeaseKeyRow {
  /** `kid` of its leases. */
  key_id: string;
  public_key: string;
  ended_at: number;
}

/** An encryption key that another one took the place of: backups from before open with it. */
export interface PastEncryptionKeyRow {
  key_id: string;
  ended_at: number;
  /** When the last of what it had sealed was gone from the file; null: not yet. */
  erased_at: number | null;
  /** Its file, as it was kept then; null: whoever replaced it by hand has it. */
  kept_at: string | null;
  /** Where the one after it was written for somebody to put it into place; null: it was put there. */
  new_key_file: string | null;
}

export interface PolicyRow {
  id: 1;
  policy_json: string;
  version: number;
  updated_at: number;
  /** As in `AuditEntry.actor`. */
  updated_by: string | null;
}

export interface AuditRow {
  seq: Generated<number>;
  at: number;
  actor: string;
  action: string;
  subject: string | null;
  outcome: string;
  ip: string | null;
  details_json: string;
  prev_hash: string;
  hash: string;
}

/** A reset of a member's second factor that an administrator began; at most one of a member is open. */
export interface MfaResetRow {
  id: string;
  member_id: string;
  /** SHA-256 of the token in the link. */
  token_hash: string;
  /** As in `AuditEntry.actor`. */
  requested_by: string;
  /** The factor that was set up through the link and waits for its first code. */
  factor_id: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  withdrawn_at: number | null;
}

/** A mail that has not been taken by the mail server yet; the row goes when it has. */
export interface MailRow {
  id: string;
  member_id: string;
  kind: string;
  /** The `MailContent`, sealed: it may hold the link of a reset. */
  content_sealed: Uint8Array;
  created_at: number;
  give_up_at: number;
  next_try_at: number;
  tries: number;
}

/** The last mail to a member that was given up, since none has reached them. */
export interface MailFailureRow {
  member_id: string;
  at: number;
  /** As in `MailRow`. */
  kind: string;
  tries: number;
  /** What the mail server answered, or what kept it from answering. */
  why: string;
}

/** How many rows of the audit log fell into an hour (milliseconds since 1970). */
export interface AuditHourRow {
  hour: number;
  action: string;
  outcome: string;
  count: number;
}

/** Which rows the search over the audit log and its counts have taken in. */
export interface AuditIndexedRow {
  id: Generated<1>;
  /** Up to which `seq`; but for those up to `backfill_seq`, which are taken in from the newest backwards. */
  seq: number;
  backfill_seq: number;
}

/** Up to where the audit log was archived: the rows from `from_seq` to `seq` are in a file, and may be gone from here. */
export interface AuditAnchorRow {
  seq: number;
  from_seq: number;
  rows: number;
  /** Of the row before `from_seq`. */
  prev_hash: string;
  /** Of the row `seq`: the next one follows from it. */
  hash: string;
  at: number;
  /** The same, signed by the server key; see audit/audit-anchor.ts. */
  token: string;
}

/** What strangers were refused in an hour, on its way to be one row of the audit log. */
export interface RefusalRow {
  key: string;
  /** Milliseconds since 1970. */
  hour: number;
  actor: string;
  action: string;
  subject: string | null;
  ip: string | null;
  details_json: string;
  /** How many are rows of the log by themselves. */
  written: number;
  /** How many are not, and when the first and the last of those were. */
  count: number;
  first_at: number;
  last_at: number;
}

export interface Schema {
  member: MemberRow;
  factor: FactorRow;
  backup_code: BackupCodeRow;
  attempt: AttemptRow;
  device: DeviceRow;
  session: SessionRow;
  sign_in_token: SignInTokenRow;
  trusted_client: TrustedClientRow;
  challenge: ChallengeRow;
  gateway: GatewayRow;
  gateway_address: GatewayAddressRow;
  lease: LeaseRow;
  event: EventRow;
  api_token: ApiTokenRow;
  key_check: KeyCheckRow;
  past_encryption_key: PastEncryptionKeyRow;
  lease_key_rotation: LeaseKeyRotationRow;
  past_lease_key: PastLeaseKeyRow;
  device_lease_key: DeviceLeaseKeyRow;
  policy: PolicyRow;
  audit: AuditRow;
  audit_hour: AuditHourRow;
  audit_indexed: AuditIndexedRow;
  audit_anchor: AuditAnchorRow;
  audit_anchor_vouch: AuditAnchorVouchRow;
  refusal: RefusalRow;
  mfa_reset: MfaResetRow;
  mail: MailRow;
  mail_failure: MailFailureRow;
}

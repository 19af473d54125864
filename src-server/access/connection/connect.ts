import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { ConnectAnswer, ConnectRequest } from '../../../src-shared/client-api.ts';
import type { GuardClaims } from '../../../src-shared/guard.ts';
import { LEASE_AUDIENCE } from '../../../src-shared/lease.ts';
import { fail, ok, type Problem, problem, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import { prepared } from '../../db/prepared.ts';
import type { DeviceRow, GatewayRow } from '../../db/schema.ts';
import { type SessionIdentity, sessionEnd } from '../../http/session.ts';
import { openChallenge } from '../../proof/challenge/challenge-store.ts';
import { type BackupCodeMatch, matchBackupCode } from '../../proof/mfa/code-check.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import type { AcceptedProof } from '../../proof/unlock/accepted-proof.ts';
import { type ExaminedProof, examineProof, isUnlockProof } from '../../proof/unlock/examine-proof.ts';
import type { Enforcement } from '../enforcement/enforcement.ts';
import type { RecordedEnd } from '../enforcement/record-end.ts';
import type { GatewayRegistry } from '../gateway/gateway-registry.ts';
import { guardFor, signGuard } from '../guard/guard.ts';
import { canGuard, checkHelper } from '../guard/helper-check.ts';
import { hostCidrs } from '../lease/address-pool.ts';
import type { ControlAddresses } from '../lease/control-addresses.ts';
import { signLease } from '../lease/lease-token.ts';
import { type BegunLease, beginLease } from './begin-lease.ts';
import { endWhereFactorIsDue } from './factor-due.ts';
import { catchUpEpoch } from './known-epoch.ts';
import { leaseSettings } from './lease-settings.ts';
import { hasMovedOn, leaseAgain, leaseToMove } from './move.ts';
import { askForProof, checkStepUp } from './step-up.ts';

/** How long the gateway may take to confirm a new peer. */
const ADD_WAIT_MS = 5_000;

export interface ConnectDeps {
  ctx: ServerContext;
  registry: GatewayRegistry;
  enforcement: Enforcement;
  control: Pick<ControlAddresses, 'current' | 'isUnknown'>;
}

type NewLease = BegunLease & {
  /** Null: the device's helper cannot hold traffic back, or nobody knows how it would reach this server then. */
  guard: GuardClaims | null;
};

/**
 * POST connections: proof checked and spent, lease written, one commit; then the gateway takes the peer, and only
 * then the client hears of it. A gateway that is away, and a helper that cannot hold back what the team wants held
 * back, are told before a code is asked for, let alone spent.
 */
export async function connect(
  deps: ConnectDeps,
  session: SessionIdentity,
  request: ConnectRequest,
  ip: string | null,
): Promise<Result<ConnectAnswer>> {
  const { ctx, control } = deps;
  const { helper } = request;
  const actor = `member:${session.memberId}`;
  const gateway = await reachableGateway(deps, request.gatewayId);
  if ('code' in gateway) return { ok: false, problem: gateway };
  const backup = await findBackupCode(ctx, session, request, { actor, ip });
  if (backup && !backup.ok) return backup;
  const examined = await examineUnlock(ctx, session, request);

  const ends: RecordedEnd[] = [];
  const begun = await ctx.database.db.transaction().execute(async (tx): Promise<NewLease | Problem> => {
    // Comparing a backup code takes its time, and an administrator's command writes from another process.
    const ended = await sessionEnd(tx, session.sessionId);
    if (ended) return ended;
    const { rows } = await deviceById(tx, { id: session.deviceId });
    const [found] = rows;
    if (!found) return problem('session-invalid');
    const policy = await readPolicy(tx);
    const unfit = await checkHelper(tx, { device: found, policy, helper, actor, ip, now: ctx.now() });
    if (unfit) return unfit;
    const { wgPublicKey, gatewayId, moveOf, knownEpoch } = request;
    const caughtUp = await catchUpEpoch(tx, found, { knownEpoch, actor, ip, now: ctx.now() });
    if ('code' in caughtUp) return caughtUp;
    const { device } = caughtUp;
    if (caughtUp.ended) ends.push(caughtUp.ended);
    const moving = { device, policy, wgPublicKey, gatewayId, registry: deps.registry, now: ctx.now() };
    // Who brings a proof wants it looked at, and spent.
    const moved =
      moveOf && !request.proofs?.length ? await leaseToMove(tx, { ...moving, leaseId: moveOf }) : null;
    let accepted: AcceptedProof = {};
    if (!moved) {
      const due = await endWhereFactorIsDue(tx, { session, device, policy, actor, ip, now: ctx.now() });
      if (due) {
        ends.push(due.ended);
        return due.refusal;
      }
      const stepUp = await checkStepUp(tx, ctx, {
        device,
        policy,
        challengeId: request.challengeId,
        proofs: request.proofs ?? [],
        backupCode: backup?.ok ? backup.value : null,
        examined,
        actor,
        ip,
      });
      if (!stepUp.ok) return stepUp.problem;
      accepted = stepUp.accepted;
    }
    const isThere = moved?.gateway_id === gateway.id && moved.settings_at === gateway.settings_at;
    const lease = isThere
      ? leaseAgain(ctx, moved, gateway)
      : await beginLease(tx, ctx, { device, gateway, policy, wgPublicKey, accepted, moved, actor, ip });
    if ('code' in lease) return lease;
    const guarding = { deviceId: device.id, policy, now: ctx.now(), gateway };
    const guard = canGuard(helper) ? await guardFor(tx, { keys: ctx.keys, control }, guarding) : null;
    return { ...lease, guard };
  });
  for (const end of ends) void deps.enforcement.carryOut(end);
  if ('code' in begun) return { ok: false, problem: begun };
  return enforceNewLease(deps, session, begun, request, ip);
}

const deviceById = prepared<{ id: string }, DeviceRow>((db, param) =>
  db.selectFrom('device').selectAll().where('id', '=', param('id')),
);
const gatewayById = prepared<{ id: string }, GatewayRow>((db, param) =>
  db.selectFrom('gateway').selectAll().where('id', '=', param('id')).where('removed_at', 'is', null),
);

async function enforceNewLease(
  deps: ConnectDeps,
  session: SessionIdentity,
  begun: NewLease,
  request: ConnectRequest,
  ip: string | null,
): Promise<Result<ConnectAnswer>> {
  const { ctx, registry, enforcement } = deps;
  const { leaseId, gateway } = begun;
  if (begun.replaced) void enforcement.carryOut(begun.replaced);
  const added = registry.add(
    gateway.id,
    {
      publicKey: begun.wgPublicKey,
      presharedKey: begun.presharedKey,
      allowedIps: hostCidrs(begun.addresses),
      leaseId,
      expiresAt: new Date(begun.expiresAt).toISOString(),
    },
    ADD_WAIT_MS,
  );
  // While the gateway is at work.
  const lease = sign(deps, session, begun, request.helper?.features ?? []);
  const guard = begun.guard ? signGuard(ctx.keys, begun.guard) : null;
  const confirmation = await added;
  if (registry.isRevoked(leaseId)) return askAgain(ctx, session, begun);
  if (!confirmation.ok) {
    ctx.log.error({ leaseId, gatewayId: gateway.id, confirmation }, 'gateway did not take the peer');
    // Nobody was in the way but the gateways: it lives, to be asked for again and to go on from.
    if (begun.proofLeaseId !== null) return unavailable();
    const at = new Date(ctx.now()).toISOString();
    const reason: KnownReason = { code: 'gateway-unavailable', message: 'The gateway did not answer.', at };
    const { deviceId } = session;
    // A renewal that came meanwhile has ended it and has the same peer: that one stays.
    await enforcement.endLease({ leaseId, deviceId, reason, actor: 'server', ip, isDeviceTold: false });
    return unavailable();
  }
  return ok({
    leaseId,
    lease,
    expiresAt: new Date(begun.expiresAt).toISOString(),
    epoch: begun.epoch,
    ...(guard === null ? {} : { guard }),
  });
}

/** Only what this device's helper knows goes into the lease: it refuses any other claim. */
function sign(
  { ctx, control }: ConnectDeps,
  session: SessionIdentity,
  begun: BegunLease,
  features: readonly string[],
): string {
  const { gateway } = begun;
  return signLease(ctx.keys, {
    iss: ctx.keys.serverKey.issuer,
    aud: LEASE_AUDIENCE,
    sub: session.deviceId,
    jti: begun.leaseId,
    iat: Math.floor(begun.begunAt / 1000),
    exp: Math.floor(begun.expiresAt / 1000),
    epoch: begun.epoch,
    wg: {
      clientPublicKey: begun.wgPublicKey,
      serverPublicKey: gateway.public_key,
      presharedKey: begun.presharedKey,
      endpoint: gateway.endpoint,
      addresses: hostCidrs(begun.addresses),
      ...leaseSettings(gateway, features),
    },
    ...(features.includes('control') && control.current.length > 0 ? { control: [...control.current] } : {}),
  });
}

async function reachableGateway(
  { ctx, registry }: ConnectDeps,
  gatewayId: string,
): Promise<(GatewayRow & { public_key: string; endpoint: string }) | Problem> {
  const { rows } = await gatewayById(ctx.database.db, { id: gatewayId });
  const [row] = rows;
  if (!row) return problem('gateway-not-found');
  const { public_key, endpoint } = row;
  if (!registry.isOnline(gatewayId) || !public_key || !endpoint)
    return problem('gateway-unavailable', `The gateway "${row.name}" does not answer right now.`, {
      retryAfterMs: 2_000,
      isProofSpent: false,
    });
  return { ...row, public_key, endpoint };
}

/** Null when no backup code was sent for an open challenge; else the word on it. argon2 runs outside any transaction. */
async function findBackupCode(
  ctx: ServerContext,
  session: SessionIdentity,
  { challengeId, proofs, helper }: ConnectRequest,
  { actor, ip }: { actor: string; ip: string | null },
): Promise<Result<BackupCodeMatch> | null> {
  const proof = proofs?.find((candidate) => candidate.method === 'backup-code');
  if (!proof || !challengeId) return null;
  const looked = await ctx.database.db.transaction().execute(async (tx): Promise<Problem | boolean> => {
    const device = await tx
      .selectFrom('device')
      .selectAll()
      .where('id', '=', session.deviceId)
      .executeTakeFirstOrThrow();
    const unfit = await checkHelper(tx, {
      ...{ device, policy: await readPolicy(tx), helper, actor, ip },
      now: ctx.now(),
    });
    if (unfit) return unfit;
    const { id: deviceId, epoch } = device;
    const challenge = { challengeId, deviceId, epoch, purpose: 'connect', now: ctx.now() } as const;
    return (await openChallenge(tx, challenge)) !== null;
  });
  if (typeof looked !== 'boolean') return { ok: false, problem: looked };
  if (!looked) return null;
  const found = await matchBackupCode(ctx, { memberId: session.memberId, code: proof.code, actor, ip });
  return found.ok ? ok(found.match) : found;
}

/** The word on the signature of an unlock proof; null where none was sent for a challenge. */
function examineUnlock(
  ctx: ServerContext,
  { deviceId }: SessionIdentity,
  { challengeId, proofs }: ConnectRequest,
): Promise<ExaminedProof | null> {
  const proof = proofs?.find(isUnlockProof);
  return proof && challengeId
    ? examineProof(ctx.database.db, { deviceId, challengeId, proof })
    : Promise.resolve(null);
}

function unavailable(): Result<ConnectAnswer> {
  return fail('gateway-unavailable', undefined, { retryAfterMs: 2_000 });
}

/** The lease was ended while the gateway was adding its peer: a fresh proof is needed after all, but after a move. */
function askAgain(
  ctx: ServerContext,
  session: SessionIdentity,
  { proofLeaseId }: BegunLease,
): Promise<Result<ConnectAnswer>> {
  return ctx.database.db.transaction().execute(async (tx) => {
    if (await hasMovedOn(tx, { proofLeaseId, deviceId: session.deviceId })) return unavailable();
    const device = await tx
      .selectFrom('device')
      .selectAll()
      .where('id', '=', session.deviceId)
      .executeTakeFirstOrThrow();
    const refusal = await askForProof(tx, device, await readPolicy(tx), ctx.now(), 'step-up-required');
    return { ok: false as const, problem: refusal };
  });
}

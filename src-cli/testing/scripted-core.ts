import type { ClientCore } from '../../src-client/core.ts';
import type { SignInStep } from '../../src-client/session/sign-in-steps.ts';
import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import type { Challenge, Reason } from '../../src-shared/challenge.ts';
import type { DeviceSummary } from '../../src-shared/client-api.ts';
import type { ConnectionState, GatePrompt, LeaseSummary } from '../../src-shared/connection-state.ts';
import type { GuardState } from '../../src-shared/guard.ts';
import { policySchema } from '../../src-shared/policy.ts';
import { fail, ok, type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type {
  EnrolledUnlock,
  ProofAnswer,
  UnlockMethod,
  UnlockProviderState,
} from '../../src-shared/unlock.ts';

/** For tests of the terminal client alone: a core that follows a script instead of a server. */

export const GATEWAY_ID = '01890000-0000-7000-8000-00000000000a';
export const RIGHT_CODE = '482913';
export const RIGHT_BACKUP_CODE = 'ABCDEFGHJKMN';
export const RIGHT_PIN = '739155';
export const PASSWORD = 'correct horse battery';

export interface ScriptedCore extends ClientCore {
  /** What was called, in order; codes are not in it. */
  readonly calls: string[];
  set(connection: ConnectionState): void;
  change(part: Partial<Snapshot>): void;
  /** The server ends the connection and puts a new question. */
  endByServer(reason: Reason): void;
  /** The server announces the end of the lease. */
  announceExpiry(): void;
  /** What the next proofs are answered with, before the right code counts. */
  refuseNext(...problems: Problem[]): void;
  /** The question on screen is for another gateway from now on. */
  turnGate(name: string): void;
  /** What the person says to the system's question that is open. */
  answerSystem(isRight: boolean): void;
  /** What was entered as the newest PIN. */
  pin(): string | null;
}

/** What the gate asks for, and what is there to answer it with. */
export interface ScriptedUnlock {
  requires: Challenge['requires'];
  /** What the policy allows. */
  allowed?: UnlockMethod[];
  enrolled?: EnrolledUnlock;
  providers?: UnlockProviderState[];
}

export const polkit: UnlockProviderState = { kind: 'polkit', method: 'uv-soft', obstacle: null };

export const administratorReason = (message: string, incidentId?: string): Reason => ({
  code: 'administrator',
  message,
  at: '2026-11-21T12:03:00.000Z',
  ...(incidentId === undefined ? {} : { incidentId }),
});

export const OTHER_DEVICE_ID = '01890000-0000-7000-8000-000000000003';
const scriptedDevices: DeviceSummary[] = [
  { id: '01890000-0000-7000-8000-000000000002', name: 'laptop', isThis: true, pin: true },
  { id: OTHER_DEVICE_ID, name: 'old \u001b[2Jlaptop', isThis: false, pin: false },
].map(({ pin, ...device }) => ({
  ...device,
  platform: 'linux',
  isConnected: device.isThis,
  lastSeenAt: '2026-11-21T12:00:00.000Z',
  createdAt: '2026-11-01T12:00:00.000Z',
  unlock: { pin, uvHw: false, uvSoft: false },
}));

export function createScriptedCore(options: {
  isSignedIn: boolean;
  isGated: boolean;
  hasFactor?: boolean;
  /** The password is temporary. */
  isTemporary?: boolean;
  unlock?: ScriptedUnlock;
}): ScriptedCore {
  const listeners = new Set<(snapshot: Snapshot) => void>();
  const calls: string[] = [];
  const refusals: Problem[] = [];
  let challenges = 0;
  let renewals = 0;
  const { requires = ['totp'], allowed = ['pin', 'uv-hw', 'uv-soft'] } = options.unlock ?? {};
  let enrolled = options.unlock?.enrolled ?? { pin: false, uvHw: false, uvSoft: false };
  let pin: string | null = enrolled.pin ? RIGHT_PIN : null;
  let pinAttemptsLeft = 5;
  let system: PromiseWithResolvers<Result<void>> | null = null;
  let hasFactor = options.hasFactor ?? true;
  let snapshot: Snapshot = {
    version: 1,
    connection: options.isSignedIn
      ? { phase: 'disconnected', cause: null, reason: null, source: null }
      : { phase: 'signed-out', reason: null },
    account: options.isSignedIn
      ? {
          serverUrl: 'https://vpn.example',
          serverName: 'Example',
          email: 'ada@example.com',
          memberId: '01890000-0000-7000-8000-000000000001',
          deviceId: '01890000-0000-7000-8000-000000000002',
        }
      : null,
    lockedSession: null,
    gateways: [{ id: GATEWAY_ID, name: 'main', endpoint: '192.0.2.1:51820', isOnline: true, trouble: null }],
    policy: { ...policySchema.parse({}), unlockMethods: allowed },
    channel: options.isSignedIn ? 'open' : 'closed',
    keychain: 'ok',
    tunnel: { phase: 'down', lastHandshakeAt: null, rxBytes: 0, txBytes: 0 },
    guard: null,
    overlap: null,
    roundTrips: {},
    unlock: { enrolled, providers: options.unlock?.providers ?? [], lockCount: 0 },
    clockOffsetMs: 0,
  };

  const change = (part: Partial<Snapshot>) => {
    snapshot = { ...snapshot, ...part, version: snapshot.version + 1 };
    for (const listener of listeners) listener(snapshot);
  };
  const set = (connection: ConnectionState) => change({ connection });
  const unlockMethods = (): UnlockMethod[] =>
    allowed.filter((method) =>
      method === 'pin' ? enrolled.pin : method === 'uv-hw' ? enrolled.uvHw : enrolled.uvSoft,
    );
  const enrol = (part: Partial<EnrolledUnlock>) => {
    enrolled = { ...enrolled, ...part };
    change({ unlock: { ...snapshot.unlock, enrolled } });
  };
  const challenge = (reason: Reason | null): Challenge => ({
    id: `01890000-0000-7000-8000-${String(++challenges).padStart(12, '0')}`,
    nonce: 'bm9uY2U',
    requires,
    unlockMethods: requires.includes('unlock') ? unlockMethods() : [],
    unlock: enrolled.pin ? { pin: { salt: 'c2FsdA', attemptsLeft: pinAttemptsLeft, waitUntil: null } } : {},
    reason,
    expiresAt: '2099-01-01T00:00:00.000Z',
  });
  const prompt = (reason: Reason | null): GatePrompt => ({
    gatewayId: GATEWAY_ID,
    challenge: challenge(reason),
    reason,
    lastFailure: null,
    attemptsLeft: null,
    waitUntil: null,
    isChecking: false,
    prompting: null,
  });
  const lease = (): LeaseSummary => ({
    leaseId: `01890000-0000-7000-9000-${String(renewals).padStart(12, '0')}`,
    gatewayId: GATEWAY_ID,
    expiresAt: `2099-01-0${2 + renewals}T00:00:00.000Z`,
    epoch: 1,
    addresses: ['10.7.0.2/32'],
  });
  const goUp = () => {
    if (snapshot.connection.phase !== 'connected')
      set({ phase: 'connecting', gatewayId: GATEWAY_ID, attempt: 1, lease: lease() });
    change({
      connection: {
        phase: 'connected',
        gatewayId: GATEWAY_ID,
        lease: lease(),
        since: '2026-11-21T12:00:00.000Z',
        health: 'good',
        renewal: null,
        expiring: null,
        isOutdated: false,
        warning: null,
      },
      tunnel: { phase: 'up', lastHandshakeAt: null, rxBytes: 1234, txBytes: 99 },
    });
  };
  const goDown = () => {
    set({ phase: 'disconnecting', next: 'disconnected', reason: null });
    set({ phase: 'disconnected', cause: null, reason: null, source: 'cli' });
  };
  const openQuestion = () => {
    const { connection } = snapshot;
    if (connection.phase === 'gate') return connection.prompt;
    return connection.phase === 'connected' ? connection.renewal : null;
  };
  const isRight = (method: string, code: string) =>
    code === (method === 'totp' ? RIGHT_CODE : RIGHT_BACKUP_CODE);
  /** The server's word on one answer. */
  async function judge(answer: ProofAnswer): Promise<Result<void>> {
    if (answer.method === 'pin') return judgePin(answer.pin);
    if (answer.method === 'uv-soft' || answer.method === 'uv-hw') {
      system = Promise.withResolvers();
      return system.promise;
    }
    return isRight(answer.method, answer.code)
      ? ok(undefined)
      : fail('invalid-code', undefined, { attemptsLeft: 3 });
  }
  function judgePin(entered: string): Result<void> {
    if (entered === pin) {
      pinAttemptsLeft = 5;
      return ok(undefined);
    }
    if (--pinAttemptsLeft > 0) return fail('wrong-pin', undefined, { attemptsLeft: pinAttemptsLeft });
    pin = null;
    enrol({ pin: false, uvSoft: false });
    return fail('pin-removed');
  }

  /** Refused first, where the script says so. */
  function answerGuard(part: Partial<GuardState>): Result<GuardState> {
    const refusal = refusals.shift();
    if (refusal) return { ok: false, problem: refusal };
    if (!snapshot.guard) return fail('not-supported');
    const guard = { ...snapshot.guard, ...part };
    change({ guard });
    return ok(guard);
  }

  return {
    calls,
    set,
    change,
    refuseNext: (...problems) => void refusals.push(...problems),
    turnGate(name) {
      const { connection, gateways } = snapshot;
      const [known] = gateways;
      if (connection.phase !== 'gate' || !known) throw new Error('no gate is open');
      const other = { ...known, id: '01890000-0000-7000-8000-0000000000aa', name };
      change({ gateways: [{ ...known, isOnline: false }, other] });
      set({ ...connection, prompt: { ...connection.prompt, gatewayId: other.id } });
    },
    endByServer(reason) {
      set({ phase: 'gate', prompt: prompt(reason) });
    },
    announceExpiry() {
      const { connection } = snapshot;
      if (connection.phase === 'connected') set({ ...connection, expiring: connection.lease.expiresAt });
    },
    snapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async start() {
      calls.push('start');
    },
    async serverInfo(serverUrl) {
      return ok({ name: 'Example', issuer: serverUrl, serverKey: `${serverUrl}#ed25519=${'A'.repeat(43)}` });
    },
    async signIn({ password }): Promise<Result<SignInStep>> {
      calls.push('signIn');
      if (password !== PASSWORD) return fail('invalid-credentials');
      if (!hasFactor) return ok({ step: 'mfa-setup', setupToken: 'set-up' });
      return ok({ step: 'mfa', mfaToken: 'token', methods: ['totp', 'backup-code'] });
    },
    async signInMfa(_mfaToken, method, code): Promise<Result<SignInStep>> {
      calls.push(`signInMfa ${method}`);
      const refusal = refusals.shift();
      if (refusal) return { ok: false, problem: refusal };
      if (!isRight(method, code)) return fail('invalid-code', undefined, { attemptsLeft: 4 });
      if (options.isTemporary) return ok({ step: 'new-password', passwordToken: 'password' });
      set({ phase: 'disconnected', cause: null, reason: null, source: null });
      return ok({ step: 'done' });
    },
    async signInNewPassword(_passwordToken, newPassword): Promise<Result<SignInStep>> {
      calls.push('signInNewPassword');
      const refusal = refusals.shift();
      if (refusal) return { ok: false, problem: refusal };
      if (newPassword === PASSWORD) return fail('password-too-weak', 'Choose another one.');
      set({ phase: 'disconnected', cause: null, reason: null, source: null });
      return ok({ step: 'done' });
    },
    async setUpMfa() {
      calls.push('setUpMfa');
      const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
      return ok({ factorId: GATEWAY_ID, secret, otpauthUri: `otpauth://totp/Example:ada?secret=${secret}` });
    },
    async confirmMfa(_setupToken, _factorId, code) {
      calls.push('confirmMfa');
      hasFactor = code === RIGHT_CODE;
      return hasFactor ? ok({ backupCodes: ['ABCD-EFGH-JKMN'] }) : fail('invalid-code');
    },
    async signOut() {
      calls.push('signOut');
      set({ phase: 'signed-out', reason: null });
      return ok(undefined);
    },
    async connect() {
      calls.push('connect');
      set({ phase: 'connecting', gatewayId: GATEWAY_ID, attempt: 1, lease: null });
      if (options.isGated && requires.includes('unlock') && unlockMethods().length === 0)
        set({
          phase: 'disconnected',
          cause: problem('unlock-not-enrolled'),
          reason: null,
          source: 'server',
        });
      else if (options.isGated) set({ phase: 'gate', prompt: prompt(null) });
      else goUp();
      return ok(undefined);
    },
    async submitProof(answers) {
      calls.push(`submitProof ${answers.map(({ method }) => method).join('+')}`);
      const question = openQuestion();
      if (!question) return fail('wrong-state');
      const refusal = refusals.shift();
      if (refusal) return { ok: false, problem: refusal };
      for (const answer of answers) {
        const judged = await judge(answer);
        if (judged.ok) continue;
        if (judged.problem.code === 'pin-removed')
          set({ phase: 'disconnected', cause: judged.problem, reason: null, source: 'server' });
        return judged;
      }
      if (snapshot.connection.phase === 'connected') renewals++;
      goUp();
      return ok(undefined);
    },
    cancelPrompt() {
      calls.push('cancelPrompt');
      system?.resolve(fail('cancelled'));
    },
    answerSystem: (said) => system?.resolve(said ? ok(undefined) : fail('unlock-refused')),
    pin: () => pin,
    async setPin(next, proof) {
      calls.push(`setPin ${proof.method}`);
      const judged = refusals.shift();
      if (judged) return { ok: false, problem: judged };
      const allowedBy = await judge(proof);
      if (!allowedBy.ok) return allowedBy;
      pin = next;
      pinAttemptsLeft = 5;
      enrol({ pin: true });
      return ok(undefined);
    },
    async removePin() {
      calls.push('removePin');
      pin = null;
      enrol({ pin: false });
      return ok(undefined);
    },
    async turnOnBiometrics(proof) {
      calls.push(`turnOnBiometrics ${proof.method}`);
      const allowedBy = await judge(proof);
      if (allowedBy.ok) enrol({ uvSoft: true });
      return allowedBy;
    },
    async turnOffBiometrics() {
      calls.push('turnOffBiometrics');
      enrol({ uvHw: false, uvSoft: false });
      return ok(undefined);
    },
    async checkUnlock(answer) {
      calls.push(`checkUnlock ${answer.method}`);
      return judge(answer);
    },
    refreshUnlock: async () => undefined,
    async devices() {
      calls.push('devices');
      return ok(scriptedDevices);
    },
    async removeDevice(deviceId) {
      calls.push(`removeDevice ${deviceId}`);
      return ok(undefined);
    },
    async cancel() {
      calls.push('cancel');
      const { connection } = snapshot;
      if (connection.phase === 'connected') set({ ...connection, renewal: null });
      else goDown();
      return ok(undefined);
    },
    async disconnect() {
      calls.push('disconnect');
      goDown();
      return ok(undefined);
    },
    async renew() {
      calls.push('renew');
      const { connection } = snapshot;
      if (connection.phase !== 'connected') return fail('wrong-state');
      set({ ...connection, renewal: prompt(null) });
      return ok(undefined);
    },
    refresh: async () => ok(undefined),
    async measureGateways() {
      calls.push('measureGateways');
      change({ roundTrips: { [GATEWAY_ID]: 12 } });
      return ok(undefined);
    },
    async chooseOverlap(side) {
      calls.push(`chooseOverlap ${side}`);
      if (!snapshot.overlap) return fail('wrong-state', 'There is no choice.');
      change({ overlap: { ...snapshot.overlap, side, choice: 'made' } });
      return ok(undefined);
    },
    measure: async () => undefined,
    async guard() {
      calls.push('guard');
      return answerGuard({});
    },
    async chooseGuard(mode) {
      calls.push(`chooseGuard ${mode}`);
      return answerGuard({ own: mode });
    },
    async openPortal() {
      calls.push('openPortal');
      return answerGuard({ portalUntil: '2026-11-21T12:08:00.000Z' });
    },
    async releaseGuard() {
      calls.push('releaseGuard');
      return answerGuard({ holds: 'nothing', mode: 'off', since: null });
    },
    systemEvent: () => undefined,
    onSystemEvent: () => () => undefined,
    async stop() {
      calls.push('stop');
    },
  };
}

import type { ClientCore } from '../../../src-client/core.ts';
import type { Snapshot } from '../../../src-client/snapshot/snapshot.ts';
import { closedGuard } from '../../../src-client/testing/guards.ts';
import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import type { ConnectionState } from '../../../src-shared/connection-state.ts';
import { fail, ok } from '../../../src-shared/problem.ts';
import { defaultAppSettings } from '../app-settings.ts';
import { type AppFacts, assembleAppSnapshot } from '../app-snapshot-assembler.ts';

/** Values that look like the real ones, for unit tests. */

const id = (last: number) => `018f3f3e-0000-7000-8000-${String(last).padStart(12, '0')}`;
export const GATEWAY = {
  id: id(1),
  name: 'Prague',
  endpoint: '192.0.2.1:51820',
  isOnline: true,
  trouble: null,
};
export const OTHER_GATEWAY = {
  id: id(2),
  name: 'Brno',
  endpoint: '192.0.2.2:51820',
  isOnline: true,
  trouble: null,
};
export const AT = '2026-11-21T12:00:00.000Z';
export const REASON = { code: 'administrator', message: 'sign-in from a new country', at: AT };

/** The team's networks are closed, as the team has it. */
export const HELD = closedGuard({ since: AT, until: '2026-12-05T12:00:00.000Z' });

export const lease = (last = 9) => ({
  leaseId: id(last),
  gatewayId: GATEWAY.id,
  expiresAt: '2026-11-22T12:00:00.000Z',
  epoch: 1,
  addresses: ['10.0.0.2/32'],
});

export function prompt(more: Partial<Extract<ConnectionState, { phase: 'gate' }>['prompt']> = {}) {
  return {
    gatewayId: GATEWAY.id,
    challenge: {
      id: id(3),
      nonce: 'bm9uY2U',
      requires: ['totp' as const],
      unlockMethods: [],
      reason: null,
      expiresAt: AT,
    },
    reason: null,
    lastFailure: null,
    attemptsLeft: null,
    waitUntil: null,
    isChecking: false,
    prompting: null,
    ...more,
  };
}

export const states = {
  signedOut: { phase: 'signed-out', reason: null },
  disconnected: { phase: 'disconnected', cause: null, reason: null, source: null },
  gate: { phase: 'gate', prompt: prompt() },
  kicked: { phase: 'gate', prompt: prompt({ reason: REASON }) },
  connecting: { phase: 'connecting', gatewayId: GATEWAY.id, attempt: 1, lease: null },
  connected: {
    phase: 'connected',
    gatewayId: GATEWAY.id,
    lease: lease(),
    since: AT,
    health: 'good',
    renewal: null,
    expiring: null,
    isOutdated: false,
    warning: null,
  },
  reconnecting: {
    phase: 'reconnecting',
    gatewayId: GATEWAY.id,
    lease: lease(),
    cause: null,
    attempt: 1,
    nextTryAt: null,
    warning: null,
  },
  disconnecting: { phase: 'disconnecting', next: 'disconnected', reason: null },
  blocked: { phase: 'blocked', cause: null, blockingFailed: null },
} as const satisfies Record<string, ConnectionState>;

export function coreSnapshot(connection: ConnectionState, more: Partial<Snapshot> = {}): Snapshot {
  return {
    version: 1,
    connection,
    account:
      connection.phase === 'signed-out'
        ? null
        : {
            serverUrl: 'https://vpn.example',
            serverName: 'Example',
            email: 'eva@example.com',
            memberId: id(4),
            deviceId: id(5),
          },
    lockedSession: null,
    gateways: [GATEWAY, OTHER_GATEWAY],
    roundTrips: {},
    policy: null,
    channel: 'open',
    keychain: 'ok',
    tunnel: null,
    guard: null,
    overlap: null,
    unlock: { enrolled: null, providers: [], lockCount: 0 },
    clockOffsetMs: 0,
    notices: [],
    ...more,
  };
}

export const facts: AppFacts = {
  name: 'Postern',
  version: '0.1.0',
  platform: 'linux',
  host: 'electron',
  isPackaged: true,
  locale: 'en-GB',
  defaultServerUrl: null,
  update: 'off',
  hasRecovered: false,
};

export const appSnapshotExample: AppSnapshot = assembleAppSnapshot({
  version: 1,
  app: facts,
  core: coreSnapshot(states.connected),
  isOnline: true,
  settings: defaultAppSettings,
  activity: [],
  traffic: [],
  notices: [],
});

/** A client that does nothing but note what it was asked. */
export function idleCore(
  calls: string[] = [],
  snapshot = () => coreSnapshot(states.disconnected),
): ClientCore {
  const note = (name: string) => {
    calls.push(name);
    return ok(undefined);
  };
  return {
    snapshot,
    subscribe: () => () => undefined,
    start: async () => undefined,
    serverInfo: async () => fail('server-unreachable'),
    signIn: async () => ok({ step: 'mfa', mfaToken: 'mfa-token-value', methods: ['totp'] }),
    signInMfa: async () => fail('invalid-code', undefined, { attemptsLeft: 2 }),
    signInNewPassword: async () => fail('invalid-code', undefined, { attemptsLeft: 2 }),
    setUpMfa: async () => fail('signed-out'),
    confirmMfa: async () => fail('invalid-code'),
    signOut: async (source) => note(`signOut ${source}`),
    connect: async (source, gatewayId) => note(`connect ${source}${gatewayId ? ` ${gatewayId}` : ''}`),
    submitProof: async () => fail('invalid-code', undefined, { attemptsLeft: 1 }),
    cancelPrompt: () => void calls.push('cancelPrompt'),
    setPin: async () => fail('pin-too-weak'),
    removePin: async () => note('removePin'),
    turnOnBiometrics: async () => fail('unlock-unavailable'),
    turnOffBiometrics: async () => note('turnOffBiometrics'),
    checkUnlock: async () => fail('wrong-pin', undefined, { attemptsLeft: 2, retryAfterMs: 30_000 }),
    refreshUnlock: async () => void calls.push('refreshUnlock'),
    devices: async () => ok([]),
    removeDevice: async (deviceId) => note(`removeDevice ${deviceId}`),
    cancel: async (source) => note(`cancel ${source}`),
    disconnect: async (source) => note(`disconnect ${source}`),
    renew: async (source) => note(`renew ${source}`),
    refresh: async () => note('refresh'),
    measureGateways: async () => note('measureGateways'),
    chooseOverlap: async (side) => note(`chooseOverlap ${side}`),
    measure: async () => undefined,
    guard: async () => fail('not-supported'),
    chooseGuard: async (mode) => {
      note(`chooseGuard ${mode}`);
      return ok(HELD);
    },
    openPortal: async () => fail('portal-refused'),
    releaseGuard: async () => fail('release-refused'),
    systemEvent: (event) => void calls.push(event),
    onSystemEvent: () => () => undefined,
    stop: async () => void calls.push('stop'),
  };
}

import type { ActivityEntry, AppSnapshot } from '../../src-shared/app-snapshot.ts';
import type { ConnectionState, GatePrompt } from '../../src-shared/connection-state.ts';
import type { GuardState } from '../../src-shared/guard.ts';
import type { Overlap } from '../../src-shared/overlap.ts';
import { problem } from '../../src-shared/problem.ts';

/** Snapshots of every state that a screen has; times are relative to now, so that they read naturally. */

export const uuid = (n: number) => `0198a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const iso = (offsetSeconds: number) => new Date(Date.now() + offsetSeconds * 1000).toISOString();

const gateways = [
  { id: uuid(1), name: 'Frankfurt', endpoint: '203.0.113.10:51820', isOnline: true, trouble: null },
  { id: uuid(2), name: 'Stockholm', endpoint: '203.0.113.20:51820', isOnline: true, trouble: null },
  { id: uuid(3), name: 'Lisbon', endpoint: null, isOnline: false, trouble: null },
];
const lease = () => ({
  leaseId: uuid(9),
  gatewayId: uuid(1),
  expiresAt: iso(21.4 * 3600),
  epoch: 4,
  addresses: ['10.86.0.14/32'],
});
export const kicked = () => ({
  code: 'administrator',
  message: 'Sign-in from a new country',
  incidentId: 'INC-20417',
  at: iso(-40),
});
export const prompt = (change: Partial<GatePrompt> = {}): GatePrompt => ({
  gatewayId: uuid(1),
  challenge: {
    id: uuid(7),
    nonce: 'bm9uY2U',
    requires: ['totp'],
    unlockMethods: [],
    reason: null,
    expiresAt: iso(290),
  },
  reason: null,
  lastFailure: null,
  attemptsLeft: null,
  waitUntil: null,
  isChecking: false,
  prompting: null,
  ...change,
});
/** Nothing is asked for and nothing held back, until a test says otherwise. */
export const guard = (change: Partial<GuardState> = {}): GuardState => ({
  mode: 'off',
  holds: 'nothing',
  source: 'team',
  since: null,
  until: null,
  portalUntil: null,
  failed: null,
  control: [],
  own: 'off',
  portalMinutes: 5,
  mayRelease: false,
  ...change,
});
/** The team's networks are closed, as the team has it. */
const closed = (change: Partial<GuardState> = {}): GuardState =>
  guard({ mode: 'gate', holds: 'team', since: iso(-39), until: iso(14 * 86_400), ...change });
const connected = (
  change: Partial<Extract<ConnectionState, { phase: 'connected' }>> = {},
): ConnectionState => ({
  phase: 'connected',
  gatewayId: uuid(1),
  lease: lease(),
  since: iso(-2 * 3600 - 754),
  health: 'good',
  renewal: null,
  expiring: null,
  isOutdated: false,
  warning: null,
  ...change,
});

const shared = (change: Partial<Overlap>): Overlap => ({
  networks: ['192.168.1.0/24'],
  side: 'local',
  choice: 'open',
  ...change,
});

const wave = (i: number, scale: number) =>
  Math.max(0, Math.sin(i / 6) + Math.sin(i / 2.3) * 0.6 + 0.7) * scale;
const traffic = Array.from({ length: 60 }, (_, i) => ({
  rxPerSecond: wave(i, 1_400_000),
  txPerSecond: wave(i + 20, 260_000),
}));

function entry(
  id: number,
  change: Partial<ActivityEntry> & Pick<ActivityEntry, 'kind' | 'at'>,
): ActivityEntry {
  return { id, source: null, gatewayName: null, reason: null, problem: null, ...change };
}
const activity = (): ActivityEntry[] => [
  entry(7, { kind: 'connected', at: iso(-7954), source: 'gate-dialog', gatewayName: 'Frankfurt' }),
  entry(6, {
    kind: 'proof-refused',
    at: iso(-7962),
    gatewayName: 'Frankfurt',
    problem: {
      type: 'urn:postern:problem:code-already-used',
      code: 'code-already-used',
      title: 'Code already used',
      status: 401,
      detail: 'That code was already used. Wait for the next one.',
    },
  }),
  entry(5, { kind: 'gate', at: iso(-7990), source: 'server', gatewayName: 'Frankfurt', reason: kicked() }),
  entry(4, { kind: 'disconnected', at: iso(-7991), source: 'server', gatewayName: 'Frankfurt' }),
  entry(3, { kind: 'connected', at: iso(-93_000), source: 'tray', gatewayName: 'Stockholm' }),
  entry(2, { kind: 'reconnecting', at: iso(-94_000), source: 'system', gatewayName: 'Stockholm' }),
  entry(1, { kind: 'signed-in', at: iso(-95_000), source: 'home-button' }),
];

export function snapshot(connection: ConnectionState, change: Partial<AppSnapshot> = {}): AppSnapshot {
  return {
    version: 1,
    app: {
      name: 'Postern',
      version: '0.1.0',
      platform: 'linux',
      host: 'electron',
      isPackaged: true,
      locale: 'en-GB',
      defaultServerUrl: 'https://vpn.northwind.example',
      update: 'none',
      hasRecovered: false,
    },
    connection,
    account: {
      serverUrl: 'https://vpn.northwind.example',
      serverName: 'Northwind',
      email: 'ada@northwind.example',
      memberId: uuid(20),
      deviceId: uuid(21),
    },
    lockedSession: null,
    gateways,
    roundTrips: { [uuid(1)]: 12, [uuid(2)]: 38 },
    policy: {
      totpPriorConnection: true,
      unlockPriorConnection: false,
      unlockMethods: ['pin', 'uv-hw', 'uv-soft'],
      softUnlockHours: 12,
      codeEveryDays: 30,
      mfaRequired: { panel: true, client: true },
      signInGraceSeconds: 60,
      maxConnectionSeconds: 86_400,
      idleSeconds: 180,
      trafficWhileWaiting: 'off',
      guardAllowLan: true,
      guardPortalMinutes: 5,
      guardUserMayRelease: false,
      moveWithoutCode: true,
    },
    channel: 'open',
    keychain: 'ok',
    tunnel: { phase: 'down', lastHandshakeAt: null, rxBytes: 0, txBytes: 0, dns: 'none' },
    guard: guard(),
    overlap: null,
    unlock: {
      enrolled: { pin: false, uvHw: false, uvSoft: false },
      providers: [{ kind: 'polkit', method: 'uv-soft', obstacle: null }],
      lockCount: 0,
    },
    isOnline: true,
    clockOffsetMs: -212,
    settings: {
      launchAtLogin: true,
      connectAtLaunch: false,
      theme: 'light',
      language: 'en',
    },
    activity: activity(),
    traffic: [],
    notices: [],
    ...change,
  };
}

const up = (): Partial<AppSnapshot> => ({
  traffic,
  tunnel: {
    phase: 'up',
    leaseId: uuid(9),
    lastHandshakeAt: iso(-30),
    rxBytes: 482_113_004,
    txBytes: 37_220_911,
    dns: 'resolved',
  },
});
const signedOut: Partial<AppSnapshot> = {
  account: null,
  gateways: [],
  policy: null,
  activity: [],
  channel: 'closed',
};
export const idle = (): ConnectionState => ({
  phase: 'disconnected',
  cause: null,
  reason: null,
  source: null,
});

export const scenarios: Record<string, () => AppSnapshot> = {
  'signed-out': () => snapshot({ phase: 'signed-out', reason: null }, { ...signedOut, keychain: 'absent' }),
  'signed-out-reason': () =>
    snapshot(
      { phase: 'signed-out', reason: { ...kicked(), code: 'member-blocked', message: '' } },
      signedOut,
    ),
  'keyring-locked': () =>
    snapshot(
      { phase: 'signed-out', reason: null },
      {
        ...signedOut,
        keychain: 'locked',
        lockedSession: {
          serverUrl: 'https://vpn.northwind.example',
          serverName: 'Northwind',
          email: 'ada@northwind.example',
        },
      },
    ),
  disconnected: () => snapshot(idle()),
  'disconnected-failed': () =>
    snapshot(
      {
        phase: 'disconnected',
        cause: {
          type: 'urn:postern:problem:helper-unavailable',
          code: 'helper-unavailable',
          title: 'Helper not running',
          status: 503,
          detail: 'The Postern helper is not running on this computer.',
        },
        reason: null,
        source: null,
      },
      { tunnel: null, guard: null },
    ),
  'no-gateways': () => snapshot(idle(), { gateways: [], activity: [] }),
  offline: () =>
    snapshot(idle(), { isOnline: false, channel: 'closed', clockOffsetMs: 190_000, keychain: 'locked' }),
  gate: () => snapshot({ phase: 'gate', prompt: prompt() }),
  'gate-kicked': () => snapshot({ phase: 'gate', prompt: prompt({ reason: kicked() }) }),
  'gate-wait': () =>
    snapshot({ phase: 'gate', prompt: prompt({ reason: kicked(), waitUntil: iso(27.5), attemptsLeft: 0 }) }),
  'gate-guarded': () =>
    snapshot({ phase: 'gate', prompt: prompt({ reason: kicked() }) }, { guard: closed() }),
  'guard-team': () => snapshot(idle(), { guard: closed() }),
  'guard-all': () =>
    snapshot(idle(), {
      guard: closed({ mode: 'always', holds: 'all', source: 'user', own: 'always', mayRelease: true }),
    }),
  'guard-portal': () => snapshot(idle(), { guard: closed({ portalUntil: iso(281) }) }),
  'guard-failed': () =>
    snapshot(idle(), {
      guard: closed({ failed: problem('guard-failed', 'nft is not installed on this computer.') }),
    }),
  'guard-rule': () => {
    const ruled = snapshot(connected(), { ...up(), guard: guard({ mode: 'gate', until: iso(14 * 86_400) }) });
    return { ...ruled, policy: ruled.policy && { ...ruled.policy, trafficWhileWaiting: 'gate' } };
  },
  'guard-unsupported': () => snapshot(idle(), { guard: null }),
  connecting: () => snapshot({ phase: 'connecting', gatewayId: uuid(1), attempt: 1, lease: lease() }),
  connected: () => snapshot(connected(), up()),
  degraded: () => {
    const ill = (id: string) => ({ trouble: id === uuid(1) ? 'forward-drop' : null });
    const sick = gateways.map((gateway) => ({ ...gateway, ...ill(gateway.id) }));
    return snapshot(connected({ health: 'degraded' }), { ...up(), gateways: sick });
  },
  overlap: () => snapshot(connected(), { ...up(), overlap: shared({ choice: 'open' }) }),
  'overlap-team': () => snapshot(connected(), { ...up(), overlap: shared({ side: 'team', choice: 'made' }) }),
  'overlap-guard': () =>
    snapshot(connected(), { ...up(), overlap: shared({ side: 'team', choice: 'guard' }) }),
  'overlap-old-helper': () => snapshot(connected(), { ...up(), overlap: shared({ choice: 'none' }) }),
  stale: () => snapshot(connected({ health: 'stale' }), up()),
  renewal: () => snapshot(connected({ expiring: iso(600), renewal: prompt() }), up()),
  outdated: () => snapshot(connected({ isOutdated: true }), up()),
  expiring: () => snapshot(connected({ expiring: iso(600) }), up()),
  'no-gate-policy': () => {
    const open = snapshot(connected(), up());
    return { ...open, policy: open.policy && { ...open.policy, totpPriorConnection: false } };
  },
  reconnecting: () =>
    snapshot({
      phase: 'reconnecting',
      gatewayId: uuid(1),
      lease: lease(),
      cause: null,
      attempt: 3,
      nextTryAt: iso(9),
      warning: null,
    }),
  disconnecting: () => snapshot({ phase: 'disconnecting', next: 'gate', reason: kicked() }),
  blocked: () => snapshot({ phase: 'blocked', cause: kicked(), blockingFailed: null }),
  'all-bars': () =>
    snapshot(idle(), {
      app: {
        ...snapshot(idle()).app,
        update: 'ready',
        hasRecovered: true,
        host: 'browser',
        isPackaged: false,
      },
      notices: [
        {
          id: 1,
          at: iso(-5),
          kind: 'settings-damaged',
          text: 'The settings file was damaged. It was kept aside.',
        },
      ],
    }),
};

import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';
import type { Challenge } from '../../src-shared/challenge.ts';
import type { ConnectionState, GatePrompt } from '../../src-shared/connection-state.ts';
import { idle, iso, kicked, prompt, snapshot, uuid } from './scenarios.ts';

/** Snapshots of every state that has to do with PIN and biometrics. */

const pinFacts = (attemptsLeft = 5, waitSeconds: number | null = null) => ({
  salt: 'c2FsdHNhbHRzYWx0c2FsdA',
  attemptsLeft,
  waitUntil: waitSeconds === null ? null : iso(waitSeconds),
});
const challenge = (change: Partial<Challenge>): Challenge => ({
  ...prompt().challenge,
  requires: ['unlock'],
  unlockMethods: ['pin'],
  unlock: { pin: pinFacts() },
  expiresAt: iso(58),
  ...change,
});
const allThree = { pin: true, uvHw: true, uvSoft: false };

const on = (change: Partial<AppSnapshot> & { connection: ConnectionState }): AppSnapshot => {
  const base = snapshot(change.connection);
  const policy = base.policy && { ...base.policy, unlockPriorConnection: true, totpPriorConnection: false };
  return {
    ...base,
    policy,
    unlock: {
      enrolled: { pin: true, uvHw: false, uvSoft: true },
      providers: [{ kind: 'polkit', method: 'uv-soft', obstacle: null }],
      lockCount: 0,
    },
    ...change,
  };
};
const gate = (change: Partial<Challenge>, more: Partial<GatePrompt> = {}): ConnectionState => ({
  phase: 'gate',
  prompt: prompt({ challenge: challenge(change), reason: kicked(), ...more }),
});
const onWindows = (connection: ConnectionState): AppSnapshot => {
  const base = on({ connection });
  return {
    ...base,
    app: { ...base.app, platform: 'win32' },
    unlock: {
      enrolled: allThree,
      providers: [{ kind: 'webauthn', method: 'uv-hw', obstacle: null }],
      lockCount: 0,
    },
  };
};
const hello: Partial<Challenge> = {
  unlockMethods: ['uv-hw', 'pin'],
  unlock: { pin: pinFacts(), uvHw: { credentialId: 'Y3JlZGVudGlhbA' } },
};
const ended = (code: 'unlock-not-enrolled' | 'pin-removed', unlock: AppSnapshot['unlock']): AppSnapshot =>
  on({
    connection: {
      phase: 'disconnected',
      cause: {
        type: `urn:postern:problem:${code}`,
        code,
        title: '',
        status: 403,
        detail: '',
      },
      reason: null,
      source: 'home-button',
    },
    unlock,
  });
const nothing = { pin: false, uvHw: false, uvSoft: false };
const polkit = [
  { kind: 'polkit', method: 'uv-soft', obstacle: null },
] satisfies AppSnapshot['unlock']['providers'];

export const unlockScenarios: Record<string, () => AppSnapshot> = {
  'unlock-pin': () =>
    on({
      connection: gate({}),
      unlock: { enrolled: { ...nothing, pin: true }, providers: polkit, lockCount: 0 },
    }),
  'unlock-pin-last': () => on({ connection: gate({ unlock: { pin: pinFacts(1) } }) }),
  'unlock-pin-wait': () => on({ connection: gate({ unlock: { pin: pinFacts(2, 27.5) } }) }),
  'unlock-system': () => on({ connection: gate({ unlockMethods: ['uv-soft', 'pin'] }) }),
  'unlock-hello': () => onWindows(gate(hello)),
  'unlock-mac': () => {
    const base = onWindows(gate(hello));
    return { ...base, app: { ...base.app, platform: 'darwin' } };
  },
  'unlock-waiting': () => onWindows(gate(hello, { prompting: 'uv-hw', isChecking: true })),
  'unlock-both': () => on({ connection: gate({ requires: ['totp', 'unlock'] }) }),
  'unlock-both-hello': () => onWindows(gate({ ...hello, requires: ['totp', 'unlock'] })),
  'unlock-nothing-works': () =>
    on({
      connection: gate({ unlockMethods: ['uv-soft'], unlock: {} }),
      unlock: {
        enrolled: { ...nothing, uvSoft: true },
        providers: [{ kind: 'polkit', method: 'uv-soft', obstacle: 'not-at-screen' }],
        lockCount: 0,
      },
    }),
  'not-enrolled': () => ended('unlock-not-enrolled', { enrolled: nothing, providers: polkit, lockCount: 0 }),
  'not-enrolled-impossible': () => {
    const base = ended('unlock-not-enrolled', {
      enrolled: nothing,
      providers: [{ kind: 'polkit', method: 'uv-soft', obstacle: 'not-installed' }],
      lockCount: 0,
    });
    return { ...base, policy: base.policy && { ...base.policy, unlockMethods: ['uv-hw', 'uv-soft'] } };
  },
  'pin-removed': () => ended('pin-removed', { enrolled: nothing, providers: polkit, lockCount: 0 }),
  'unlock-ready': () => on({ connection: idle() }),
  'unlock-ready-hello': () => onWindows(idle()),
  'unlock-key-lost': () => on({ connection: idle(), keychain: 'absent' }),
  'unlock-empty': () =>
    on({ connection: idle(), unlock: { enrolled: nothing, providers: polkit, lockCount: 0 } }),
  'unlock-obstacle': () =>
    on({
      connection: idle(),
      keychain: 'locked',
      unlock: {
        enrolled: nothing,
        providers: [{ kind: 'polkit', method: 'uv-soft', obstacle: 'asks-nobody' }],
        lockCount: 0,
      },
    }),
  'unlock-unknown': () => on({ connection: idle(), unlock: { enrolled: null, providers: [], lockCount: 0 } }),
};

export const devices = () => [
  {
    id: uuid(31),
    name: 'ada-thinkpad',
    platform: 'linux',
    isThis: true,
    isConnected: true,
    lastSeenAt: iso(-4),
    createdAt: iso(-40 * 86_400),
    unlock: { pin: true, uvHw: false, uvSoft: true },
  },
  {
    id: uuid(32),
    name: 'Ada’s MacBook',
    platform: 'darwin',
    isThis: false,
    isConnected: false,
    lastSeenAt: iso(-3 * 3600),
    createdAt: iso(-9 * 86_400),
    unlock: { pin: true, uvHw: true, uvSoft: false },
  },
  {
    id: uuid(33),
    name: 'old-desktop',
    platform: 'win32',
    isThis: false,
    isConnected: false,
    lastSeenAt: iso(-51 * 86_400),
    createdAt: iso(-300 * 86_400),
    unlock: nothing,
  },
];

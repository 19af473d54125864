import type { Notice, Snapshot } from '../../src-client/snapshot/snapshot.ts';
import type { ActivityEntry, AppSnapshot } from '../../src-shared/app-snapshot.ts';
import type { ConnectionState, GatePrompt } from '../../src-shared/connection-state.ts';
import type { AppSettings } from './app-settings.ts';
import { publicProblem } from './public-problem.ts';
import type { TrafficSample } from './traffic-sampler.ts';

const KEPT_NOTICES = 20;

export type AppFacts = AppSnapshot['app'];
/** A notice of the app itself; ids are negative, so that they never meet those of the core. */
export type AppNotice = Omit<Notice, 'kind'> & { kind: 'file-damaged' | 'internal-error' | 'deep-link' };

export interface AppParts {
  version: number;
  app: AppFacts;
  core: Snapshot;
  isOnline: boolean;
  settings: AppSettings;
  activity: readonly ActivityEntry[];
  traffic: readonly TrafficSample[];
  notices: readonly AppNotice[];
}

/** The only place where the window's snapshot is made: everything it shows, and nothing that it must not know. */
export function assembleAppSnapshot(parts: AppParts): AppSnapshot {
  const { core, settings } = parts;
  return {
    version: parts.version,
    app: parts.app,
    connection: publicConnection(core.connection),
    account: core.account,
    lockedSession: core.lockedSession,
    gateways: core.gateways,
    roundTrips: { ...core.roundTrips },
    policy: core.policy,
    channel: core.channel,
    keychain: core.keychain,
    tunnel: publicTunnel(core.tunnel),
    guard: publicGuard(core.guard),
    overlap: core.overlap,
    unlock: { ...core.unlock, providers: [...core.unlock.providers] },
    isOnline: parts.isOnline,
    clockOffsetMs: core.clockOffsetMs,
    settings: {
      launchAtLogin: settings.launchAtLogin,
      connectAtLaunch: settings.connectAtLaunch,
      theme: settings.theme,
      language: settings.language,
    },
    activity: [...parts.activity],
    traffic: [...parts.traffic],
    notices: [...(core.notices ?? []), ...parts.notices]
      .sort((a, b) => a.at.localeCompare(b.at))
      .slice(-KEPT_NOTICES)
      .map(({ id, at, kind, text }) => ({ id, at, kind, text })),
  };
}

/** The same state with every problem in it cut to what a screen may show. */
function publicConnection(state: ConnectionState): ConnectionState {
  const cut = <T extends { cause: Parameters<typeof publicProblem>[0] | null }>(value: T): T =>
    value.cause ? { ...value, cause: publicProblem(value.cause) } : value;
  switch (state.phase) {
    case 'disconnected':
    case 'reconnecting':
      return cut(state);
    case 'gate':
      return { ...state, prompt: publicPrompt(state.prompt) };
    case 'connected':
      return state.renewal ? { ...state, renewal: publicPrompt(state.renewal) } : state;
    case 'blocked':
      return state.blockingFailed ? { ...state, blockingFailed: publicProblem(state.blockingFailed) } : state;
    default:
      return state;
  }
}

/** What is held back is told once, beside the tunnel. */
function publicTunnel(tunnel: AppSnapshot['tunnel']): AppSnapshot['tunnel'] {
  if (tunnel === null) return null;
  const { guard: _, guardEvents: __, ...shown } = tunnel;
  return shown;
}

function publicGuard(guard: AppSnapshot['guard']): AppSnapshot['guard'] {
  return guard?.failed ? { ...guard, failed: publicProblem(guard.failed) } : guard;
}

function publicPrompt(prompt: GatePrompt): GatePrompt {
  return prompt.lastFailure ? { ...prompt, lastFailure: publicProblem(prompt.lastFailure) } : prompt;
}

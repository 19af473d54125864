import type { Challenge } from '../../../src-shared/challenge.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import type {
  EnrolledUnlock,
  UnlockMethod,
  UnlockObstacle,
  UnlockProviderState,
} from '../../../src-shared/unlock.ts';
import type { Words } from '../../strings/en.ts';

export type UnlockWay = 'biometrics' | 'pin';

/** Why a way cannot be taken now. */
export type WhyNot =
  | 'not-asked'
  | 'not-allowed'
  | 'not-set-up'
  | 'code-first'
  | 'not-now'
  | { obstacle: UnlockObstacle };

export type WayState =
  | { way: UnlockWay; method: UnlockMethod; why: null }
  | { way: UnlockWay; method: null; why: WhyNot };

export interface UnlockFacts {
  enrolled: EnrolledUnlock | null;
  /** Best first. */
  providers: readonly UnlockProviderState[];
  policy: Policy | null;
}

/** The best provider that can be used; null when each meets an obstacle. */
export function bestProvider(providers: readonly UnlockProviderState[]): UnlockProviderState | null {
  return providers.find(({ obstacle }) => obstacle === null) ?? null;
}

/** What stands in the way of biometrics on this computer, told of the provider that would be best; null: nothing. */
export function obstacleOf(providers: readonly UnlockProviderState[]): UnlockObstacle | null {
  if (bestProvider(providers)) return null;
  return providers.find(({ obstacle }) => obstacle !== 'not-here')?.obstacle ?? 'not-here';
}

const allows = (policy: Policy | null, methods: readonly UnlockMethod[]): boolean =>
  policy === null || methods.some((method) => policy.unlockMethods.includes(method));

/** Both ways of unlocking in the order of ux.md, rule 16: only those that the challenge names are open. */
export function unlockWays(challenge: Challenge, facts: UnlockFacts): [WayState, WayState] {
  return [biometrics(challenge, facts), pin(challenge, facts)];
}

function biometrics(challenge: Challenge, { enrolled, providers, policy }: UnlockFacts): WayState {
  const shut = (why: WhyNot): WayState => ({ way: 'biometrics', method: null, why });
  if (!challenge.requires.includes('unlock')) return shut('not-asked');
  const usable = providers.find(
    ({ obstacle, method }) => obstacle === null && challenge.unlockMethods.includes(method),
  );
  if (usable) return { way: 'biometrics', method: usable.method, why: null };
  if (!allows(policy, ['uv-hw', 'uv-soft'])) return shut('not-allowed');
  const obstacle = obstacleOf(providers);
  if (obstacle !== null) return shut({ obstacle });
  if (enrolled !== null && !enrolled.uvHw && !enrolled.uvSoft) return shut('not-set-up');
  return shut(challenge.requires.includes('totp') ? 'not-now' : 'code-first');
}

function pin(challenge: Challenge, { enrolled, policy }: UnlockFacts): WayState {
  const shut = (why: WhyNot): WayState => ({ way: 'pin', method: null, why });
  if (!challenge.requires.includes('unlock')) return shut('not-asked');
  if (challenge.unlockMethods.includes('pin')) return { way: 'pin', method: 'pin', why: null };
  if (!allows(policy, ['pin'])) return shut('not-allowed');
  return shut(enrolled !== null && !enrolled.pin ? 'not-set-up' : 'not-now');
}

export function whyText(why: WhyNot, w: Words): string {
  if (typeof why === 'object') return w.unlock.obstacles[why.obstacle].why;
  return w.unlock.why[why];
}

/** What the system's own question is called here: labels say what it accepts (ux.md, rule 17). */
export function systemWay(
  platform: 'linux' | 'darwin' | 'win32',
  w: Words,
): Words['unlock']['ways']['hello'] {
  const names = { linux: w.unlock.ways.system, darwin: w.unlock.ways.mac, win32: w.unlock.ways.hello };
  return names[platform];
}

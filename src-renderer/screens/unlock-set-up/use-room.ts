import type { UnlockProviderState } from '../../../src-shared/unlock.ts';
import { bestProvider } from '../../parts/unlock/ways.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import type { SetUpGoal } from '../../store/view-store.ts';
import type { SetUpRoom } from './steps.ts';

export interface UnlockRoom extends SetUpRoom {
  /** What biometrics would be turned on with; null when each provider meets an obstacle. */
  provider: UnlockProviderState | null;
  /** Hardware that is set up can confirm a change instead of a code. */
  canConfirmByHardware: boolean;
}

/** What can be set up on this device, by the team's rules and what this computer has. */
export function useRoom(goal: SetUpGoal): UnlockRoom {
  const methods = useSnapshot((s) => s.policy?.unlockMethods ?? null);
  const { enrolled, providers } = useSnapshot((s) => s.unlock);
  const allowed = providers.filter(({ method }) => methods === null || methods.includes(method));
  const provider = bestProvider(allowed);
  const isOn = enrolled !== null && provider !== null && isEnrolled(provider, enrolled);
  return {
    pin: methods === null || methods.includes('pin'),
    // What is on may be on with a key that is gone.
    biometrics: provider !== null && (goal === 'again' || !isOn),
    provider,
    canConfirmByHardware:
      enrolled?.uvHw === true &&
      providers.some(({ method, obstacle }) => method === 'uv-hw' && obstacle === null),
  };
}

export function isEnrolled(
  provider: UnlockProviderState,
  enrolled: { uvHw: boolean; uvSoft: boolean },
): boolean {
  return provider.method === 'uv-hw' ? enrolled.uvHw : enrolled.uvSoft;
}

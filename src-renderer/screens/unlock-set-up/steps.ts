import type { SetUpGoal } from '../../store/view-store.ts';

export type SetUpStep = 'choose' | 'confirm' | 'try' | 'biometrics' | 'done';

/** What is possible here and still missing. */
export interface SetUpRoom {
  /** The team allows a PIN. */
  pin: boolean;
  /** The team allows biometrics, this computer has them, and they are off or to be set up again. */
  biometrics: boolean;
}

/**
 * The steps of a set-up in their order; none when nothing is possible. A PIN is chosen before the code is asked for:
 * a code lives for a minute, choosing may take longer.
 */
export function stepsOf(goal: SetUpGoal, room: SetUpRoom): SetUpStep[] {
  const pin: SetUpStep[] = room.pin && goal !== 'biometrics' ? ['choose', 'confirm', 'try'] : [];
  const biometrics: SetUpStep[] = room.biometrics && goal !== 'pin' ? ['biometrics'] : [];
  const steps = [...pin, ...biometrics];
  return steps.length === 0 ? [] : [...steps, 'done'];
}

import { create } from 'zustand';
import type { PanelStepUpExtra } from '../../src-shared/panel/session.ts';

/** The server wants a proof before it does what was asked. */
interface AskedStepUp extends PanelStepUpExtra {
  /** With what was typed besides; null: given up. */
  settle: (given: StepUpGiven | null) => void;
}

export interface StepUpGiven {
  teamName?: string;
}

export const useStepUp = create<{ asked: AskedStepUp | null }>()(() => ({ asked: null }));

let running: Promise<StepUpGiven | null> | null = null;

/** Asks over what is on screen; resolves once the proof was accepted, with null when it was given up. */
export async function askStepUp(needs: PanelStepUpExtra): Promise<StepUpGiven | null> {
  // One proof is good for both: what waited is asked again, and asks for more only if it must.
  if (running) return (await running) && {};
  running = new Promise<StepUpGiven | null>((resolve) => {
    useStepUp.setState({ asked: { ...needs, settle: resolve } });
  });
  const given = await running;
  running = null;
  useStepUp.setState({ asked: null });
  return given;
}

/** Nobody is there any more who could be asked. */
export function giveUpStepUp(): void {
  useStepUp.getState().asked?.settle(null);
}

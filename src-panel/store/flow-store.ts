import { create } from 'zustand';

/** A member's own change that takes the whole page until it is done or given up. */
export type Flow =
  | { name: 'authenticator'; isReplacing: boolean; needsPassword: boolean }
  | { name: 'codes'; codes: readonly string[]; note: string };

interface FlowStore {
  flow: Flow | null;
  begin: (flow: Flow) => void;
  end: () => void;
}

export const useFlow = create<FlowStore>()((set) => ({
  flow: null,
  begin: (flow) => set({ flow }),
  end: () => set({ flow: null }),
}));

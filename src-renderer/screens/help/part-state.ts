export type Level = 'good' | 'busy' | 'attention' | 'idle';

export interface PartState {
  name: string;
  level: Level;
  /** How it is and, where something is wrong, what to do. */
  text: string;
}

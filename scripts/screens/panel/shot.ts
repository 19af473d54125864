import type { Page } from '@playwright/test';
import type { Answers } from './answers.ts';

/** A picture of the Control Panel: an address, what the server answers there, and what a person does first. */
export interface PanelShot {
  name: string;
  at: string;
  answers: Answers;
  size: { width: number; height: number };
  /** Ends when what is to be seen is there. */
  go: (page: Page) => Promise<void>;
}

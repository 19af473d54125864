import type { BrowserCalls, MainCalls } from '../contract.ts';
import { answerEvaluate } from './evaluate.ts';
import { openMainLink } from './main-link.ts';
import { windowCalls } from './window-calls.ts';

const calls: MainCalls = { ...windowCalls, evaluate: answerEvaluate };

/** The process that has the windows. */
export const browser = openMainLink(calls);

/** A call whose answer nobody waits for; a failure is said on stderr. */
export function tell<K extends keyof BrowserCalls & string>(
  name: K,
  ...args: Parameters<BrowserCalls[K]>
): void {
  browser.call(name, ...args).catch((error: unknown) => console.error(`host: ${name}: ${String(error)}`));
}

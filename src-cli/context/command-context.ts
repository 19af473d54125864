import type { ClientCore } from '../../src-client/core.ts';
import type { Problem } from '../../src-shared/problem.ts';
import type { Asker } from '../ask/asker.ts';
import type { TimeStyle } from '../view/format.ts';
import type { Output } from '../view/output.ts';
import type { ExitName } from './exit-codes.ts';
import type { Interrupts } from './interrupts.ts';

/** What every command is given. `openCore` is called by those that talk to the server themselves. */
export interface CommandContext {
  openCore(): ClientCore;
  asker: Asker;
  output: Output;
  time: TimeStyle;
  interrupts: Interrupts;
  /** Path of the profile's control socket. */
  controlPath: string;
  uid: number;
  pid: number;
  /** From the command line or the environment. */
  defaults: { serverUrl: string | undefined; caFile: string | undefined };
}

/** Ends a command with a refusal. */
export const refused = (problem: Problem): { kind: 'refused'; problem: Problem } => ({
  kind: 'refused',
  problem,
});

/**
 * How a command ended: with an exit of the table, or with a problem that is still to be told. `nextStep` takes the place
 * of the one that goes with the problem.
 */
export type Ending =
  | { kind: 'exit'; exit: ExitName }
  | { kind: 'refused'; problem: Problem; nextStep?: string };
export const exit = (name: ExitName): Ending => ({ kind: 'exit', exit: name });

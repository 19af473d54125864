import { type IpcMainInvokeEvent, ipcMain } from 'electron';
import type { Logger } from 'pino';
import * as z from 'zod';
import {
  type AppAnswer,
  type AppCommandName,
  appCommands,
  channelOf,
  SNAPSHOT_REQUEST_CHANNEL,
} from '../../src-shared/app-ipc.ts';
import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';
import { fail, firstIssue, ok, type Result } from '../../src-shared/problem.ts';
import {
  UNLOCK_ANSWER_CHANNEL,
  UNLOCK_TASK_CHANNEL,
  unlockAnswer,
} from '../../src-shared/unlock-page-ipc.ts';
import type { CommandHandlers } from '../app/app-commands.ts';
import { publicProblem } from '../app/public-problem.ts';
import { isOwnUrl } from '../app/start-url.ts';
import type { UnlockCalls } from './unlock-window.ts';

export type WindowKind = 'main' | 'unlock';

/** Which channels a page of each kind may call. */
export const channelsOf: Readonly<Record<WindowKind, ReadonlySet<string>>> = {
  main: new Set([...commandNames().map(channelOf), SNAPSHOT_REQUEST_CHANNEL]),
  unlock: new Set([UNLOCK_TASK_CHANNEL, UNLOCK_ANSWER_CHANNEL]),
};

export interface IpcOptions {
  /** `scheme://host[:port]` of the page in each kind of window. */
  origins: Readonly<Record<WindowKind, string>>;
  /** The kind of window that a `WebContents` belongs to; null when it is none of ours. */
  kindOf: (webContentsId: number) => WindowKind | null;
  log: Logger;
}

type Sender = Pick<IpcMainInvokeEvent, 'senderFrame'> & { sender: { id: number; mainFrame: unknown } };

/** The main frame of one of our windows, on our page. `senderFrame` is null once the frame has moved on. */
export function isTrustedSender(event: Sender, channel: string, { origins, kindOf }: IpcOptions): boolean {
  const { senderFrame, sender } = event;
  if (senderFrame === null || senderFrame !== sender.mainFrame) return false;
  const kind = kindOf(sender.id);
  return kind !== null && channelsOf[kind].has(channel) && isOwnUrl(senderFrame.url, origins[kind]);
}

export interface IpcHandlers {
  commands: CommandHandlers;
  snapshot: () => AppSnapshot;
  unlock: UnlockCalls;
}

/** Registers every command, the request for a snapshot, and the two calls of the unlock window. */
export function registerIpc(options: IpcOptions & IpcHandlers): void {
  const { commands, snapshot, unlock } = options;
  for (const name of commandNames()) registerCommand(name, commands, options);
  handle(SNAPSHOT_REQUEST_CHANNEL, z.undefined(), async () => ok(snapshot()), options);
  handle(UNLOCK_TASK_CHANNEL, z.undefined(), async (_input, id) => unlock.task(id), options);
  handle(UNLOCK_ANSWER_CHANNEL, unlockAnswer, async (answer, id) => unlock.answer(id, answer), options);
}

function registerCommand<N extends AppCommandName>(
  name: N,
  commands: CommandHandlers,
  options: IpcOptions,
): void {
  // The table's types belong together by name; a generic lookup cannot show that to the compiler.
  const run = commands[name] as (input: unknown) => Promise<Result<unknown>>;
  handle(channelOf(name), appCommands[name].input, run, options);
}

/** Sender checked, argument parsed, refusals as values, bugs logged without their input. */
function handle<S extends z.ZodType>(
  channel: string,
  schema: S,
  run: (input: z.output<S>, webContentsId: number) => Promise<Result<unknown>>,
  options: IpcOptions,
): void {
  const { log } = options;
  ipcMain.handle(channel, async (event, input: unknown): Promise<AppAnswer<unknown>> => {
    if (!isTrustedSender(event, channel, options)) {
      log.warn({ channel }, 'call from a page that may not make it');
      return fail('invalid-request', 'This page may not do that.');
    }
    const parsed = schema.safeParse(input);
    if (!parsed.success) return fail('invalid-request', firstIssue(parsed.error));
    try {
      const answer = await run(parsed.data, event.sender.id);
      return answer.ok ? answer : { ok: false, problem: publicProblem(answer.problem) };
    } catch (error) {
      log.error({ err: error, channel }, 'a command failed');
      return fail('internal-error', 'Something unexpected went wrong in Postern. Help has the details.');
    }
  });
}

function commandNames(): AppCommandName[] {
  return Object.keys(appCommands) as AppCommandName[];
}

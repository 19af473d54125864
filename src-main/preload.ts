import { contextBridge, ipcRenderer } from 'electron';
import * as z from 'zod';
import {
  type AppAnswer,
  type AppCommandName,
  answerOf,
  appCommands,
  type CommandInput,
  type CommandOutput,
  channelOf,
  type PosternBridge,
  SNAPSHOT_CHANNEL,
  SNAPSHOT_REQUEST_CHANNEL,
} from '../src-shared/app-ipc.ts';
import { type AppSnapshot, appSnapshot } from '../src-shared/app-snapshot.ts';

// The page's content security policy forbids the code generation that makes parsers faster.
z.config({ jitless: true });

const snapshotAnswer = answerOf(appSnapshot);

const bridge: PosternBridge = {
  async invoke<N extends AppCommandName>(
    name: N,
    input: CommandInput<N>,
  ): Promise<AppAnswer<CommandOutput<N>>> {
    if (!Object.hasOwn(appCommands, name)) throw new TypeError('no such command');
    const answer: unknown = await ipcRenderer.invoke(channelOf(name), input);
    // Parsed by the schema of this very name; a generic lookup cannot show that to the compiler.
    return answerOf(appCommands[name].output).parse(answer) as AppAnswer<CommandOutput<N>>;
  },
  async snapshot(): Promise<AppSnapshot> {
    const answer = snapshotAnswer.parse(await ipcRenderer.invoke(SNAPSHOT_REQUEST_CHANNEL));
    if (!answer.ok) throw new Error(answer.problem.detail);
    return answer.value;
  },
  onSnapshot(listener) {
    // The event itself would hand the page the sender: only the snapshot goes through.
    const receive = (_event: unknown, snapshot: unknown) => listener(appSnapshot.parse(snapshot));
    ipcRenderer.on(SNAPSHOT_CHANNEL, receive);
    return () => {
      ipcRenderer.removeListener(SNAPSHOT_CHANNEL, receive);
    };
  },
};

contextBridge.exposeInMainWorld('postern', Object.freeze(bridge));

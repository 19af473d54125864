import { contextBridge, ipcRenderer } from 'electron';
import * as z from 'zod';
import { answerOf } from '../src-shared/app-ipc.ts';
import {
  UNLOCK_ANSWER_CHANNEL,
  UNLOCK_TASK_CHANNEL,
  type UnlockBridge,
  unlockTask,
} from '../src-shared/unlock-page-ipc.ts';

// The page's content security policy forbids the code generation that makes parsers faster.
z.config({ jitless: true });

const taskAnswer = answerOf(unlockTask);

const bridge: UnlockBridge = {
  async task() {
    const answer = taskAnswer.parse(await ipcRenderer.invoke(UNLOCK_TASK_CHANNEL));
    if (!answer.ok) throw new Error(answer.problem.detail);
    return answer.value;
  },
  async answer(answer) {
    await ipcRenderer.invoke(UNLOCK_ANSWER_CHANNEL, answer);
  },
};

contextBridge.exposeInMainWorld('posternUnlock', Object.freeze(bridge));

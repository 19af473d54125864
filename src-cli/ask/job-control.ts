import type { Job } from '../context/job.ts';
import type { Keyboard } from './keyboard.ts';

const LOOK_MS = 300;
const STOPS_WITHIN_MS = 50;

/**
 * Gives the terminal to the shell while this job is stopped or in the background, and takes it back when it comes to the
 * foreground. The returned function stops the job, as Ctrl-Z does.
 */
export function followJob(job: Job, keyboard: () => Keyboard | null): () => void {
  let timer: NodeJS.Timeout | undefined;
  let hasContinued = true;
  const comeBack = () => {
    hasContinued = true;
    clearTimeout(timer);
    if (job.isInForeground()) {
      keyboard()?.takeBack();
      return;
    }
    // Whoever sets or reads the terminal from the background is stopped for it.
    keyboard()?.rest();
    // Nothing else keeps the process alive while no key is waited for.
    timer = setTimeout(comeBack, LOOK_MS);
  };
  job.onContinued(comeBack);
  return () => {
    keyboard()?.giveBack();
    hasContinued = false;
    job.stop();
    // Without a shell that could continue it, the kernel does not stop it either. Behind the signal, where there is one.
    setTimeout(() => setImmediate(() => (hasContinued ? undefined : comeBack())), STOPS_WITHIN_MS);
  };
}

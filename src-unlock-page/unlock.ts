import type { UnlockAnswer, UnlockTask } from '../src-shared/unlock-page-ipc.ts';
import { creationOptions, requestOptions } from './ceremony.ts';

/** The unlock window: asks main what to do, has the system ask its user, hands back what came of it. */

const bridge = window.posternUnlock;

async function answerTo(task: UnlockTask): Promise<UnlockAnswer> {
  if (task.kind === 'probe') {
    const isAvailable = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
    return { kind: 'probed', isAvailable };
  }
  show(task.words);
  // Chromium makes no credential for a page that nobody can see.
  await visible();
  const credential = await (task.kind === 'create'
    ? navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(creationOptions(task, location.hostname)),
      })
    : navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(requestOptions(task, location.hostname)),
      }));
  if (!(credential instanceof PublicKeyCredential)) return { kind: 'error', name: 'NoCredential' };
  // Through text: what crosses is plain data, whatever the browser's objects carry besides.
  return { kind: 'credential', credential: JSON.parse(JSON.stringify(credential.toJSON())) };
}

function show({ title, lead, cancel, language }: Extract<UnlockTask, { kind: 'get' }>['words']): void {
  document.documentElement.lang = language;
  document.title = title;
  const put = (id: string, text: string): HTMLElement | null => {
    const element = document.getElementById(id);
    if (element) element.textContent = text;
    return element;
  };
  put('title', title);
  put('lead', lead);
  const button = put('cancel', cancel);
  button?.removeAttribute('hidden');
  const giveUp = () => void bridge.answer({ kind: 'cancelled' });
  button?.addEventListener('click', giveUp);
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') giveUp();
  });
}

function visible(): Promise<void> {
  if (document.visibilityState === 'visible') return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', function look() {
      if (document.visibilityState !== 'visible') return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    });
  });
}

async function run(): Promise<void> {
  try {
    await bridge.answer(await answerTo(await bridge.task()));
  } catch (error) {
    await bridge.answer({ kind: 'error', name: error instanceof Error ? error.name : 'Error' });
  }
}

void run();

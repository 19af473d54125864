import type { ClientCore } from '../../src-client/core.ts';
import { ok, problem, type Result } from '../../src-shared/problem.ts';
import type { CommandContext } from '../context/command-context.ts';
import { notSignedIn } from '../context/not-signed-in.ts';
import { openControl } from '../control/control-client.ts';
import { toView } from '../view/view.ts';
import type { View } from '../view/view-schema.ts';

/** How long a helper that runs may take to answer. */
const HELPER_ANSWER_MS = 1000;

export interface CurrentView {
  view: View;
  /** Process id of the running `connect`. */
  pid: number | null;
  /** Whether the server answered just now; a running `connect` answers for its channel. */
  refreshed: Result<void>;
}

/** The state of the profile: from the running `connect` if there is one, else by asking server, helper and keyring. */
export async function currentView(
  context: CommandContext,
  options: { mustBeSignedIn: boolean; measuresGateways?: boolean },
): Promise<Result<CurrentView>> {
  const running = await openControl(context.controlPath);
  if (running.kind === 'silent')
    return { ok: false, problem: problem('wrong-state', 'The running connection does not answer.') };
  if (running.kind === 'open') {
    const { client } = running;
    const answer = await client.request({ method: 'status' });
    client.close();
    if (!answer.ok) return answer;
    return ok({ view: answer.value, pid: client.pid, refreshed: ok(undefined) });
  }
  const core = context.openCore();
  try {
    await core.start();
    const isSignedIn = core.snapshot().connection.phase !== 'signed-out';
    if (!isSignedIn && options.mustBeSignedIn) {
      return { ok: false, problem: notSignedIn(core.snapshot()) };
    }
    const refreshed = isSignedIn ? await core.refresh() : ok(undefined);
    // Another client, with a window for example, holds this profile.
    if (!refreshed.ok && refreshed.problem.code === 'controller-busy') return refreshed;
    await helperAnswered(core);
    if (options.measuresGateways && refreshed.ok) {
      const measured = await core.measureGateways();
      if (!measured.ok) return measured;
    }
    return ok({ view: toView(core.snapshot()), pid: null, refreshed });
  } finally {
    await core.stop();
  }
}

/** Resolves when the helper has said how it is, or has had the time to. */
function helperAnswered(core: ClientCore): Promise<void> {
  return new Promise((resolve) => {
    if (core.snapshot().tunnel) return resolve();
    const finish = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(finish, HELPER_ANSWER_MS);
    const unsubscribe = core.subscribe(({ tunnel }) => {
      if (tunnel) finish();
    });
  });
}

import { ok, problem, type Result } from '../../src-shared/problem.ts';
import type { CommandContext } from '../command-context.ts';
import { openControl } from '../control/control-client.ts';
import { toView, type View } from '../view.ts';

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
  options: { mustBeSignedIn: boolean },
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
  const opened = await context.openCore();
  if (!opened.ok) return opened;
  const core = opened.value;
  try {
    await core.start();
    const isSignedIn = core.snapshot().connection.phase !== 'signed-out';
    if (!isSignedIn && options.mustBeSignedIn) {
      const { keychain } = core.snapshot();
      if (keychain === 'locked') return { ok: false, problem: problem('keychain-locked') };
      if (keychain === 'unavailable') return { ok: false, problem: problem('keychain-unavailable') };
      return { ok: false, problem: problem('signed-out') };
    }
    const refreshed = isSignedIn ? await core.refresh() : ok(undefined);
    return ok({ view: toView(core.snapshot()), pid: null, refreshed });
  } finally {
    await core.stop();
  }
}

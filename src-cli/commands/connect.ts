import type { ClientCore } from '../../src-client/core.ts';
import { ok, problem, type Result } from '../../src-shared/problem.ts';
import { runConnection } from '../connection/connection-session.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { notSignedIn } from '../context/not-signed-in.ts';
import { withPortalStep } from '../context/unreachable.ts';
import { claimControlSocket } from '../control/control-server.ts';
import { coreDesk } from '../device/device-desk.ts';
import { guidedSetUp } from '../device/set-up.ts';
import { toView } from '../view/view.ts';
import { fixed } from '../view/words.ts';

export interface ConnectOptions {
  /** Name or id. */
  gateway: string | undefined;
}

/**
 * `postern connect`: owns the profile's control socket, connects, and stays until the connection is over. Everything
 * is taken down before it returns.
 */
export async function connect(options: ConnectOptions, context: CommandContext): Promise<Ending> {
  const claim = await claimControlSocket(context.controlPath, context.uid, context.pid);
  if (claim.kind === 'taken') {
    const detail = fixed.alreadyRunning(claim.pid);
    return refused(problem('wrong-state', detail, { pid: claim.pid }));
  }
  if (claim.kind === 'refused') return refused(problem('wrong-state', claim.detail));
  try {
    const core = context.openCore();
    try {
      await core.start();
      const ready = await readyToConnect(core, options);
      if (!ready.ok) return await withPortalStep(refused(ready.problem), core, context.time);
      if (context.interrupts.signal.aborted) return exit('cancelled');
      for (;;) {
        const ending = await runConnection(core, ready.value, claim.server, context);
        const setUp = await setUpAfter(ending, core, context);
        if (setUp.kind !== 'exit' || setUp.exit !== 'done' || ending.kind !== 'refused')
          return await withPortalStep(setUp, core, context.time);
        context.output.say(fixed.setUpNextConnect);
      }
    } finally {
      await core.stop();
    }
  } finally {
    await claim.server.close();
  }
}

/**
 * Where the connection needs a PIN or biometrics that are not there, says why and guides through the set-up; `done`
 * when it is worth connecting again. Every other ending stays as it is, and without a person nothing is offered.
 */
async function setUpAfter(ending: Ending, core: ClientCore, context: CommandContext): Promise<Ending> {
  const { asker, output, interrupts } = context;
  const isMissing =
    ending.kind === 'refused' &&
    (ending.problem.code === 'unlock-not-enrolled' || ending.problem.code === 'pin-removed');
  if (!isMissing || !asker.isInteractive || interrupts.signal.aborted) return ending;
  output.say(ending.problem.code === 'pin-removed' ? fixed.lockout : fixed.setUpNeeded);
  return guidedSetUp(coreDesk(core), context);
}

/** The gateway to ask for (undefined: the core chooses), or what is in the way. */
async function readyToConnect(
  core: ClientCore,
  { gateway }: ConnectOptions,
): Promise<Result<string | undefined>> {
  const { connection } = core.snapshot();
  if (connection.phase === 'signed-out') {
    return { ok: false, problem: notSignedIn(core.snapshot()) };
  }
  if (gateway === undefined) return ok(undefined);
  if (core.snapshot().gateways.length === 0) {
    const refreshed = await core.refresh();
    if (!refreshed.ok) return refreshed;
  }
  const { gateways } = toView(core.snapshot());
  const wanted = gateway.toLowerCase();
  const found =
    gateways.find(({ id }) => id.toLowerCase() === wanted) ??
    gateways.find(({ name }) => name.toLowerCase() === wanted);
  if (found) return ok(found.id);
  const names = gateways.map(({ name }) => name).join(', ');
  const detail = `There is no gateway "${gateway}".${names ? ` You may use: ${names}.` : ''}`;
  return { ok: false, problem: problem('gateway-not-found', detail) };
}

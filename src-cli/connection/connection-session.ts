import type { ClientCore } from '../../src-client/core.ts';
import { ok, problem, type Result } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import type { ControlHandler, ControlServer } from '../control/control-server.ts';
import { callCore } from '../device/device-desk.ts';
import { formatClock, type TimeStyle } from '../view/format.ts';
import { narrate } from '../view/narrate.ts';
import { otherGateways } from '../view/network-words.ts';
import { toView } from '../view/view.ts';
import type { View } from '../view/view-schema.ts';
import { fixed, reasonSentence, stateSentence, trafficLine } from '../view/words.ts';
import { createGateSession, renewLater } from './gate-session.ts';

/** How often the refreshed line is drawn anew while nothing else changes. */
const REFRESH_MS = 1000;

/** Why the connection is going down, when somebody here asked for it. */
type Wish = 'interrupt' | 'dismissed' | 'cannot-answer' | 'no-input' | 'other-terminal' | 'signed-out';

/** Connects and stays with the connection until it is over for good; the caller stops the core afterwards. */
export async function runConnection(
  core: ClientCore,
  gatewayId: string | undefined,
  control: ControlServer,
  context: CommandContext,
): Promise<Ending> {
  const { output, time, interrupts } = context;
  const over = Promise.withResolvers<Ending>();
  let view = toView(core.snapshot());
  let told: View | null = null;
  let wish: Wish | null = null;
  let wasConnected = false;
  let lastGateway: string | null = null;
  let hasConnectSettled = false;
  let isOver = false;
  let renewalAskedFor: string | null = null;

  const say = (line: string) => output.say(`${formatClock(time.now(), time, true)}  ${line}`);

  /** Takes down whatever there is, in the way that fits the phase. */
  async function end(by: Wish): Promise<Result<void>> {
    wish ??= by;
    const isUp = view.phase === 'connected' || view.phase === 'reconnecting' || view.phase === 'blocked';
    if (isUp && by === 'interrupt') say(fixed.disconnectingByWish);
    const result = isUp ? await core.disconnect('cli') : await core.cancel('cli');
    evaluate();
    return result;
  }

  const endAndTell = (by: Wish) =>
    void end(by).then((result) => {
      // A refusal with nothing up leaves no state to wait for.
      if (!result.ok && isFinal(view)) over.resolve(refused(result.problem));
    }, over.reject);

  function putOffRenewal(): void {
    say(renewLater(view, time));
    // Closes the question; the tunnel stays. It may have become a gate just now, which stays open.
    if (view.prompt?.purpose === 'renew') core.cancel('cli').then(evaluate, over.reject);
  }

  const gate = createGateSession({
    asker: context.asker,
    output: { ...output, say },
    time,
    renewEscape: fixed.escPutsOff,
    submit: (answers) => core.submitProof(answers),
    takeBack: () => core.cancelPrompt(),
    dismiss: (prompt) => (prompt.purpose === 'connect' ? endAndTell('dismissed') : putOffRenewal()),
    cannotAnswer: (prompt) => (prompt.purpose === 'connect' ? endAndTell('cannot-answer') : putOffRenewal()),
    interrupt: () => interrupts.raise(),
    outOfInput() {
      if (view.prompt?.purpose === 'renew') return say(renewLater(view, time));
      say(fixed.noInput);
      endAndTell('no-input');
    },
  });

  /** Asks to renew once for each announced end, unless the question stands already. */
  function renewWhenExpiring(): void {
    if (view.phase !== 'connected' || !view.isExpiring || view.prompt || renewalAskedFor === view.expiresAt)
      return;
    renewalAskedFor = view.expiresAt;
    core.renew('cli').then((result) => {
      if (!result.ok && result.problem.code !== 'wrong-state') output.refuse(result.problem);
    }, over.reject);
  }

  function evaluate(): void {
    if (isOver) return;
    view = toView(core.snapshot());
    if (view.phase === 'connected') wasConnected = true;
    lastGateway = view.gateway?.id ?? lastGateway;
    for (const line of narrate(told, view, time)) say(line);
    if (told?.version !== view.version) {
      output.event({ event: 'snapshot', ...view });
      control.publish(view);
    }
    told = view;
    output.status(statusLine(view, time));
    gate.update(view);
    renewWhenExpiring();
    if (!hasConnectSettled || !isFinal(view)) return;
    isOver = true;
    over.resolve(endingOf());
  }

  function endingOf(): Ending {
    if (view.phase === 'signed-out' && wish !== 'signed-out') {
      if (view.reason) say(reasonSentence(view.reason, time));
      const code = view.reason?.code === 'member-blocked' ? 'member-blocked' : 'signed-out';
      return refused(problem(code, view.reason ? fixed.signedOutNow : undefined));
    }
    switch (wish) {
      case 'signed-out':
        say(fixed.signedOutNow);
        return exit('done');
      case 'other-terminal':
        say(fixed.disconnectedElsewhere);
        return exit('done');
      case 'no-input':
        return exit('proof');
      case 'cannot-answer':
        return exit('unlock');
      case 'interrupt':
      case 'dismissed':
        say(wasConnected && wish === 'interrupt' ? fixed.disconnectedByWish : fixed.cancelled);
        return exit(wasConnected && wish === 'interrupt' ? 'done' : 'cancelled');
      case null:
        break;
    }
    const { connection } = core.snapshot();
    const cause = connection.phase === 'disconnected' ? connection.cause : null;
    if (view.reason) say(reasonSentence(view.reason, time));
    if (view.reason?.code === 'gateway-removed') say(otherGateways(view, lastGateway));
    if (cause) return { kind: 'refused', problem: cause };
    return exit(view.reason ? 'endedByServer' : 'done');
  }

  const handler: ControlHandler = {
    view: () => view,
    async handle(request) {
      switch (request.method) {
        case 'disconnect':
          return end('other-terminal');
        case 'sign-out': {
          const before = wish;
          wish ??= 'signed-out';
          const result = await core.signOut('cli');
          if (!result.ok) wish = before;
          return result;
        }
        case 'renew':
          return core.renew('cli');
        case 'overlap': {
          const chosen = await core.chooseOverlap(request.side);
          evaluate();
          return chosen;
        }
        case 'proof':
          return core.submitProof(request.answers);
        case 'cancel-prompt':
          core.cancelPrompt();
          return ok(undefined);
        case 'device':
          return callCore(core, request.call);
      }
    },
  };

  const unsubscribe = core.subscribe(evaluate);
  const timer = setInterval(() => {
    evaluate();
    if (output.isLive && view.phase === 'connected') core.measure().catch(over.reject);
  }, REFRESH_MS);
  const onInterrupt = () => endAndTell('interrupt');
  interrupts.signal.addEventListener('abort', onInterrupt);
  control.serve(handler);
  evaluate();
  core.connect('cli', gatewayId).then((result) => {
    hasConnectSettled = true;
    // Refused before there was a state to tell it, for example because another client is running.
    if (!result.ok && isFinal(view) && wish === null) over.resolve(refused(result.problem));
    evaluate();
  }, over.reject);
  try {
    return await over.promise;
  } finally {
    clearInterval(timer);
    unsubscribe();
    interrupts.signal.removeEventListener('abort', onInterrupt);
    gate.stop();
    output.status(null);
  }
}

/** What the refreshed line says; null where a sentence or a prompt says it all. */
function statusLine(view: View, time: TimeStyle): string | null {
  if (view.phase === 'connected') return trafficLine(view, time);
  const isMoving =
    view.phase === 'connecting' || view.phase === 'reconnecting' || view.phase === 'disconnecting';
  return isMoving ? stateSentence(view, time) : null;
}

function isFinal({ phase }: View): boolean {
  return phase === 'disconnected' || phase === 'signed-out';
}

import type { ClientCore } from '../../src-client/core.ts';
import { assertNever } from '../../src-shared/assert-never.ts';
import type { DeviceSummary } from '../../src-shared/client-api.ts';
import { ok, problem, type Result } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, refused } from '../context/command-context.ts';
import { notSignedIn } from '../context/not-signed-in.ts';
import { type ControlClient, openControl, takeBackPrompt } from '../control/control-client.ts';
import type { DeviceCall } from '../control/protocol.ts';
import { toView } from '../view/view.ts';
import type { View } from '../view/view-schema.ts';

/** Where `pin`, `biometrics` and `devices` turn to: the running `connect`, or a core of their own. */
export interface DeviceDesk {
  /** After the newest call. */
  view(): View;
  /** Devices come with `list` only. */
  call(call: DeviceCall): Promise<Result<DeviceSummary[]>>;
  /** Takes back the system's question. */
  takeBack(): void;
}

/** What a call is to a core. */
export async function callCore(core: ClientCore, call: DeviceCall): Promise<Result<DeviceSummary[]>> {
  if (call.call === 'list') return core.devices();
  const result = await change(core, call);
  return result.ok ? ok([]) : result;
}

async function change(core: ClientCore, call: Exclude<DeviceCall, { call: 'list' }>): Promise<Result<void>> {
  switch (call.call) {
    case 'set-pin':
      return core.setPin(call.pin, call.proof);
    case 'remove-pin':
      return core.removePin();
    case 'turn-on-biometrics':
      return core.turnOnBiometrics(call.proof);
    case 'turn-off-biometrics':
      return core.turnOffBiometrics();
    case 'check':
      return core.checkUnlock(call.answer);
    case 'refresh':
      await core.refreshUnlock();
      return core.refresh();
    case 'remove':
      return core.removeDevice(call.deviceId);
    default:
      return assertNever(call);
  }
}

/** The desk of a core that runs in this process. */
export function coreDesk(core: ClientCore): DeviceDesk {
  return {
    view: () => toView(core.snapshot()),
    call: (call) => callCore(core, call),
    takeBack: () => core.cancelPrompt(),
  };
}

function controlDesk(client: ControlClient, path: string, first: View): DeviceDesk {
  let view = first;
  return {
    view: () => view,
    async call(call) {
      const answer = await client.device(call);
      if (!answer.ok) return answer;
      view = answer.value.view;
      return ok(answer.value.devices);
    },
    // A connect that went away meanwhile has taken its question with it.
    takeBack: () => void takeBackPrompt(path).catch(() => undefined),
  };
}

/** Opens a desk, asks the server how things are, and closes everything again. Signed out is a refusal. */
export async function withDesk(
  context: CommandContext,
  use: (desk: DeviceDesk) => Promise<Ending>,
): Promise<Ending> {
  const running = await openControl(context.controlPath);
  if (running.kind === 'silent')
    return refused(problem('wrong-state', 'The running connection does not answer.'));
  if (running.kind === 'open') {
    const { client } = running;
    try {
      const status = await client.request({ method: 'status' });
      if (!status.ok) return refused(status.problem);
      return await refreshedFirst(controlDesk(client, context.controlPath, status.value), use);
    } finally {
      client.close();
    }
  }
  const core = context.openCore();
  try {
    await core.start();
    if (core.snapshot().connection.phase === 'signed-out') return refused(notSignedIn(core.snapshot()));
    return await refreshedFirst(coreDesk(core), use);
  } finally {
    await core.stop();
  }
}

async function refreshedFirst(desk: DeviceDesk, use: (desk: DeviceDesk) => Promise<Ending>): Promise<Ending> {
  const refreshed = await desk.call({ call: 'refresh' });
  return refreshed.ok ? use(desk) : refused(refreshed.problem);
}

import { problem } from '../../src-shared/problem.ts';
import type { EnrolledUnlock, UnlockMethod } from '../../src-shared/unlock.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { type DeviceDesk, withDesk } from '../device/device-desk.ts';
import { turnOnBiometrics } from '../device/set-up.ts';
import { tryMethod } from '../device/try-method.ts';
import type { View } from '../view/view-schema.ts';
import { fixed, obstacleSentence, providerName } from '../view/words.ts';

export type BiometricsAction = 'on' | 'off' | 'test' | 'status';

/** `postern biometrics …`: what the system can ask its user by. */
export function biometrics(action: BiometricsAction, context: CommandContext): Promise<Ending> {
  return withDesk(context, (desk) => act(action, desk, context));
}

async function act(action: BiometricsAction, desk: DeviceDesk, context: CommandContext): Promise<Ending> {
  const { output } = context;
  const { unlock } = desk.view();
  const method = registered(unlock.enrolled);
  switch (action) {
    case 'status':
      return tell(unlock, context);
    case 'on': {
      // Said before a code is spent on it.
      const [provider] = unlock.providers.filter(({ obstacle }) => obstacle === null);
      if (!provider) {
        const obstacle = unlock.providers[0]?.obstacle ?? 'not-here';
        return refused(problem('unlock-unavailable', obstacleSentence[obstacle]));
      }
      const on = await turnOnBiometrics(desk, context);
      if (!on.ok) return on.ending;
      output.say(fixed.biometricsOn);
      output.event({ event: 'biometrics', state: 'on' });
      return exit('done');
    }
    case 'off': {
      const off = await desk.call({ call: 'turn-off-biometrics' });
      if (!off.ok) return refused(off.problem);
      output.say(fixed.biometricsOff);
      output.event({ event: 'biometrics', state: 'off' });
      return exit('done');
    }
    case 'test':
      return method === null
        ? refused(problem('unlock-not-enrolled', fixed.biometricsAbsent))
        : tryMethod(method, desk, context);
  }
}

function registered(enrolled: EnrolledUnlock | null): Exclude<UnlockMethod, 'pin'> | null {
  if (enrolled?.uvHw) return 'uv-hw';
  return enrolled?.uvSoft ? 'uv-soft' : null;
}

/** What is set up on this device, and for each way of the system what is in its way. */
function tell({ enrolled, providers, allowed }: View['unlock'], { output }: CommandContext): Ending {
  output.event({ event: 'biometrics', state: 'status', enrolled, providers, allowed });
  const yes = (isSet: boolean | undefined) => (isSet ? 'set up on this device' : 'not set up on this device');
  output.say(`PIN: ${yes(enrolled?.pin)}.`);
  output.say(`System sign-in: ${yes(enrolled?.uvHw || enrolled?.uvSoft)}.`);
  for (const { kind, obstacle } of providers)
    output.say(`${providerName[kind]}: ${obstacle === null ? 'can be used.' : obstacleSentence[obstacle]}`);
  return exit('done');
}

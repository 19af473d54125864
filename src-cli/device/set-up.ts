import type { Got } from '../ask/got.ts';
import { type CommandContext, type Ending, exit } from '../context/command-context.ts';
import { usableMethods } from '../view/view.ts';
import type { View } from '../view/view-schema.ts';
import { fixed } from '../view/words.ts';
import { allowedByCode } from './allow-change.ts';
import { agrees, choosePin } from './choose-pin.ts';
import type { DeviceDesk } from './device-desk.ts';

/** Chooses a PIN and has the server take it with a code. */
export async function setPin(desk: DeviceDesk, context: CommandContext): Promise<Got<null>> {
  const chosen = await choosePin(context);
  if (!chosen.ok) return chosen;
  return allowedByCode(context, (proof) => desk.call({ call: 'set-pin', pin: chosen.value, proof }));
}

/** Registers what the system can ask by, with a code. The system may ask once while it does. */
export function turnOnBiometrics(desk: DeviceDesk, context: CommandContext): Promise<Got<null>> {
  return allowedByCode(context, (proof) => desk.call({ call: 'turn-on-biometrics', proof }), {
    asks: true,
    takeBack: desk.takeBack,
  });
}

/** Whether this computer can ask by the system, the team allows that, and it is not turned on yet. */
function canTurnOnBiometrics({ unlock }: View): boolean {
  const isOn = unlock.enrolled?.uvSoft === true || unlock.enrolled?.uvHw === true;
  return !isOn && usableMethods(unlock.allowed ?? [], unlock.providers).some((method) => method !== 'pin');
}

/**
 * Offers to set up what a connection needs: the PIN, then the system's sign-in where there is one. `done` when the next
 * connect is worth trying; it also tries what was set up, and the code counts for it within the grace of a sign-in.
 */
export async function guidedSetUp(desk: DeviceDesk, context: CommandContext): Promise<Ending> {
  const { output } = context;
  const allowsPin = desk.view().unlock.allowed?.includes('pin') ?? true;
  let isReady = false;
  if (allowsPin) {
    const wanted = await agrees(context, fixed.setUpPinNow);
    if (!wanted.ok) return wanted.ending;
    if (wanted.value) {
      const set = await setPin(desk, context);
      if (!set.ok) return set.ending;
      output.say(fixed.pinSet);
      output.event({ event: 'pin', state: 'set' });
      isReady = true;
    }
  }
  if (canTurnOnBiometrics(desk.view())) {
    const wanted = await agrees(context, isReady ? fixed.setUpSystemToo : fixed.setUpSystemNow);
    if (!wanted.ok) return isReady ? exit('done') : wanted.ending;
    if (wanted.value) {
      const on = await turnOnBiometrics(desk, context);
      if (!on.ok && !isReady) return on.ending;
      if (on.ok) {
        output.say(fixed.biometricsOn);
        output.event({ event: 'biometrics', state: 'on' });
        isReady = true;
      }
    }
  }
  return exit(isReady ? 'done' : 'unlock');
}

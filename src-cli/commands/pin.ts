import { problem } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { type DeviceDesk, withDesk } from '../device/device-desk.ts';
import { setPin } from '../device/set-up.ts';
import { tryMethod } from '../device/try-method.ts';
import { fixed } from '../view/words.ts';

export type PinAction = 'set' | 'change' | 'remove' | 'test';

/** `postern pin …`: through the running `connect` if there is one. */
export function pin(action: PinAction, context: CommandContext): Promise<Ending> {
  return withDesk(context, (desk) => act(action, desk, context));
}

async function act(action: PinAction, desk: DeviceDesk, context: CommandContext): Promise<Ending> {
  const { output } = context;
  const hasPin = desk.view().unlock.enrolled?.pin === true;
  if (action === 'set' && hasPin) return refused(problem('wrong-state', fixed.pinExists));
  if (action !== 'set' && !hasPin) return refused(problem('unlock-not-enrolled', fixed.pinAbsent));
  if (action === 'test') return tryMethod('pin', desk, context);
  if (action === 'remove') {
    const removed = await desk.call({ call: 'remove-pin' });
    if (!removed.ok) return refused(removed.problem);
    output.say(fixed.pinRemoved);
    output.event({ event: 'pin', state: 'removed' });
    return exit('done');
  }
  const set = await setPin(desk, context);
  if (!set.ok) return set.ending;
  output.say(action === 'set' ? fixed.pinSet : fixed.pinChanged);
  output.event({ event: 'pin', state: action === 'set' ? 'set' : 'changed' });
  return exit('done');
}

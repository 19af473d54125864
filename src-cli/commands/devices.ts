import { problem } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { withDesk } from '../device/device-desk.ts';
import { columnsOf, padTo } from '../view/columns.ts';
import { formatClock } from '../view/format.ts';
import { plainText } from '../view/plain-text.ts';
import { fixed } from '../view/words.ts';

/** `postern devices`: name, what it is, whether it is connected, how it is unlocked, when it was last seen, id. */
export function listDevices(context: CommandContext): Promise<Ending> {
  const { output, time } = context;
  return withDesk(context, async (desk) => {
    const listed = await desk.call({ call: 'list' });
    if (!listed.ok) return refused(listed.problem);
    const devices = listed.value.map((device) => ({
      ...device,
      name: plainText(device.name) || device.id,
      platform: plainText(device.platform),
    }));
    output.event({ event: 'devices', devices });
    if (devices.length === 0) output.say(fixed.noDevices);
    const width = Math.max(0, ...devices.map(({ name }) => columnsOf(name)));
    for (const { id, name, platform, isThis, isConnected, lastSeenAt, unlock } of devices) {
      const ways = [unlock.pin ? 'PIN' : '', unlock.uvHw || unlock.uvSoft ? 'biometrics' : ''].filter(
        Boolean,
      );
      const facts = [
        platform,
        isConnected ? 'connected' : 'not connected',
        ways.join(' and ') || 'codes only',
        `seen ${formatClock(lastSeenAt, time)}`,
        ...(isThis ? ['this device'] : []),
      ];
      output.say(`${padTo(name, width)}  ${id}  ${facts.join(', ')}`);
    }
    return exit('done');
  });
}

/** `postern devices remove ID`: signed out, disconnected, gone. The id, or a name that only one device has. */
export function removeDevice(wanted: string, context: CommandContext): Promise<Ending> {
  const { output } = context;
  return withDesk(context, async (desk) => {
    const listed = await desk.call({ call: 'list' });
    if (!listed.ok) return refused(listed.problem);
    const text = wanted.normalize('NFC').toLowerCase();
    const byId = listed.value.find(({ id }) => id.toLowerCase() === text);
    const byName = listed.value.filter(({ name }) => plainText(name).normalize('NFC').toLowerCase() === text);
    const device = byId ?? (byName.length === 1 ? byName[0] : undefined);
    if (!device) {
      const detail =
        byName.length > 1 ? `Several devices are called "${plainText(wanted)}". Give the id.` : undefined;
      return refused(problem('device-not-found', detail));
    }
    const removed = await desk.call({ call: 'remove', deviceId: device.id });
    if (!removed.ok) return refused(removed.problem);
    output.say(device.isThis ? fixed.thisDeviceRemoved : fixed.deviceRemoved(plainText(device.name)));
    output.event({ event: 'device-removed', id: device.id, wasThis: device.isThis });
    return exit('done');
  });
}

import type { Agent } from 'undici';
import type { StackFile } from '../src-shared/stack-file.ts';
import { PinDevice } from './pin-device.ts';
import type { Samples } from './stats.ts';

/** Devices, and members of their own for them, since every code counts once. */
export const CHECKING_DEVICES = 8;
const SECONDS = 4;
/** Two requests each; the server answers a member 3000 a minute. */
const MAX_CHECKS = 1_200;

/** PIN proofs that the server takes from all devices at once: question asked, statement signed, proof accepted. */
export async function proofChecksPerSecond(stack: StackFile, api: Agent, samples: Samples): Promise<void> {
  const devices: PinDevice[] = [];
  for (const member of stack.members) devices.push(await PinDevice.setUp(api, stack, member));
  // The first one opens the connections.
  await Promise.all(devices.map((device) => device.check()));
  let begun = 0;
  let accepted = 0;
  const start = performance.now();
  const worker = async (device: PinDevice): Promise<void> => {
    while (begun < MAX_CHECKS && performance.now() - start < SECONDS * 1000) {
      begun += 1;
      await device.check();
      accepted += 1;
    }
  };
  await Promise.all(devices.map(worker));
  const seconds = (performance.now() - start) / 1000;
  samples.add(
    'server',
    `PIN proof checks per second, ${devices.length} at a time`,
    accepted / seconds,
    '1/s',
  );
}

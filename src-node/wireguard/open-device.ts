import type { Logger } from 'pino';
import { findProgram } from '../run-program.ts';
import type { WgDevice } from './device.ts';
import { WgDeviceError } from './device-error.ts';
import { lockInterface } from './interface-lock.ts';
import { startKernelDevice } from './kernel-device.ts';
import { deleteInterface, hasInterface, INTERFACE_NAME } from './network-interface.ts';
import { startUserspaceDevice } from './userspace-device.ts';

export interface OpenWgDeviceOptions {
  interfaceName: string;
  /** `auto` (default) tries the kernel first; `never` goes straight to wireguard-go. */
  preferKernel?: 'auto' | 'never';
  log: Logger;
}

/**
 * Makes a WireGuard interface that lives as long as this process: the kernel's, else `wireguard-go`. What a killed
 * process of ours left under this name is removed first. Throws `WgDeviceError` when the name is held by a living
 * process or by an interface of somebody else, or when neither implementation is there.
 */
export async function openWgDevice(options: OpenWgDeviceOptions): Promise<WgDevice> {
  const { interfaceName, preferKernel = 'auto', log } = options;
  if (!INTERFACE_NAME.test(interfaceName)) throw new WgDeviceError(`not an interface name: ${interfaceName}`);
  const lock = await lockInterface(interfaceName);
  if (!lock) {
    throw new WgDeviceError(
      `interface ${interfaceName} is in use by another Postern process. Stop that one first, or choose another name.`,
    );
  }
  try {
    if (await hasInterface(interfaceName)) {
      if (!lock.wasAbandoned) {
        throw new WgDeviceError(
          `interface ${interfaceName} exists and was not made by Postern. Choose another name, or remove it with: ip link delete ${interfaceName}`,
        );
      }
      log.warn({ interfaceName }, 'removing the interface that a killed process left');
      await deleteInterface(interfaceName);
    }
    return releasing(await startDevice(interfaceName, preferKernel, log), lock.release);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startDevice(
  interfaceName: string,
  preferKernel: 'auto' | 'never',
  log: Logger,
): Promise<WgDevice> {
  const wg = findProgram('wg');
  if (preferKernel === 'auto' && wg !== null) {
    const device = await startKernelDevice(wg, interfaceName);
    if (device) return device;
  }
  const wireguardGo = findProgram('wireguard-go');
  if (wireguardGo !== null) return startUserspaceDevice(wireguardGo, interfaceName, log);
  throw new WgDeviceError(
    'no WireGuard here: install the package wireguard-tools and use a kernel with WireGuard, or install the package wireguard-go',
  );
}

/** The device, with the claim on its name given back once it is closed. */
function releasing(device: WgDevice, release: () => Promise<void>): WgDevice {
  let closing: Promise<void> | null = null;
  return {
    interfaceName: device.interfaceName,
    kind: device.kind,
    ended: device.ended,
    apply: (change) => device.apply(change),
    peers: () => device.peers(),
    close: () => {
      closing ??= device.close().finally(release);
      return closing;
    },
  };
}

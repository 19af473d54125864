import { statSync } from 'node:fs';

const SYSTEM_BUS_SOCKET = '/run/dbus/system_bus_socket';

export interface SystemBusQuestion {
  isPackaged: boolean;
  env: Readonly<Record<string, string | undefined>>;
  /** Owner of a socket; null when there is none. */
  ownerOf?: (path: string) => number | null;
}

/**
 * Address of the system bus. A packaged app never asks the environment, which whoever starts the app controls: it
 * takes the fixed socket, and only if that belongs to root. Null when there is none to trust.
 */
export function systemBusAddress({
  isPackaged,
  env,
  ownerOf = socketOwner,
}: SystemBusQuestion): string | null {
  if (!isPackaged && env.DBUS_SYSTEM_BUS_ADDRESS) return env.DBUS_SYSTEM_BUS_ADDRESS;
  return ownerOf(SYSTEM_BUS_SOCKET) === 0 ? `unix:path=${SYSTEM_BUS_SOCKET}` : null;
}

function socketOwner(path: string): number | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isSocket() ? stat.uid : null;
}

import type { BrowserCalls, MainCalls } from '../contract.ts';
import { createWire, type Wire } from '../wire.ts';

/** Main's end of the wire to the process that has the windows: the channel that Node gives a child of `fork`. */
export function openMainLink(handlers: MainCalls): Wire<BrowserCalls> {
  if (!process.send) throw new Error('start the app with lab/host/start.ts: it brings the windows');
  // Without windows there is no app; the tunnel ends with the helper's controller.
  process.on('disconnect', () => process.exit(1));
  return createWire<BrowserCalls, MainCalls>(
    {
      send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
      onMessage: (listener) => void process.on('message', listener),
    },
    handlers,
  );
}

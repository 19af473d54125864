import { type Check, looked as lookedAt } from '../src-node/check.ts';

/** One thing that a gateway's host must have. */
export type HostCheck = Check<keyof typeof WHAT>;

/** A look that fails is something to be named, and stops no other. */
export function looked(
  id: HostCheck['id'],
  look: () => Promise<readonly HostCheck[]>,
): Promise<readonly HostCheck[]> {
  return lookedAt(id, look, `${WHAT[id]} is not known`);
}

const WHAT = {
  egress: 'Whether members can leave by their interface',
  address: "Whether the tunnel has the gateway's addresses",
  forwarding: 'Whether this host passes packets on',
  firewall: 'Whether another firewall drops what members send',
  ports: 'Whether other programs listen on the ports of the tunnel',
  others: 'Whether this host forwards for others',
  server: 'Whether the server answers',
  clock: "Whether this host's clock is right",
} as const;

/** One thing that a gateway's host must have; `remedy` is what to do where it has it not. */
export interface HostCheck {
  id: 'egress' | 'address' | 'forwarding' | 'firewall' | 'ports' | 'others' | 'server' | 'clock';
  ok: boolean;
  detail: string;
  remedy: string | null;
  /** It could not be looked at: nobody knows whether it is well. */
  isUnknown?: true;
}

export const fine = (id: HostCheck['id'], detail: string): HostCheck => ({
  id,
  ok: true,
  detail,
  remedy: null,
});

export const wrong = (id: HostCheck['id'], detail: string, remedy: string): HostCheck => ({
  id,
  ok: false,
  detail,
  remedy,
});

/** A look that fails is something to be named, and stops no other. */
export async function looked(
  id: HostCheck['id'],
  look: () => Promise<readonly HostCheck[]>,
): Promise<readonly HostCheck[]> {
  try {
    return await look();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ id, ok: false, detail: `${WHAT[id]} is not known: ${why}.`, remedy: null, isUnknown: true }];
  }
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
} as const satisfies Record<HostCheck['id'], string>;

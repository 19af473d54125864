import type { LeaseClaims } from '../src-shared/lease.ts';
import { splitEndpoint } from '../src-shared/primitives.ts';

const MAX_NETWORKS = 64;

type WireGuard = Pick<LeaseClaims['wg'], 'endpoint' | 'alternatePorts'>;

/** The UDP port of the gateway that is used, and the network on which: null without one, or where it does not matter. */
export interface PortChoice {
  port: number;
  network: string | null;
}

export const ownPortOf = ({ endpoint }: WireGuard): number => splitEndpoint(endpoint).port;

/** The endpoint's own first. */
function portsOf(wg: WireGuard): number[] {
  return [...new Set([ownPortOf(wg), ...(wg.alternatePorts ?? [])])];
}

export const hasAlternates = (wg: WireGuard): boolean => portsOf(wg).length > 1;

/** Whose turn it is, and what has worked on which network, for as long as this process runs. */
export class PortTurn {
  readonly #attachment: () => string | null;
  readonly #worked = new Map<string | null, number>();

  /** `attachment` names the network that the computer is attached to. */
  constructor(attachment: () => string | null) {
    this.#attachment = attachment;
  }

  /** What worked here before, else the own port. */
  first(wg: WireGuard): PortChoice {
    if (!hasAlternates(wg)) return { port: ownPortOf(wg), network: null };
    return this.#firstOn(this.#attachment(), wg);
  }

  /** For another handshake: the port goes on with its turn, unless the computer is on another network. */
  again(wg: WireGuard, { port, network }: PortChoice): PortChoice {
    const isHere = hasAlternates(wg) && this.#attachment() === network;
    return isHere && portsOf(wg).includes(port) ? { port, network } : this.first(wg);
  }

  /** After a port that nobody answered at. */
  next(wg: WireGuard, { port, network }: PortChoice): PortChoice {
    const here = this.#attachment();
    if (here !== network) return this.#firstOn(here, wg);
    const ports = portsOf(wg);
    const next = ports[(ports.indexOf(port) + 1) % ports.length] ?? port;
    return { port: next, network };
  }

  /** For a lease that takes the place of another: the session goes on where it is. */
  kept(wg: WireGuard, choice: PortChoice): PortChoice {
    return hasAlternates(wg) && portsOf(wg).includes(choice.port) ? choice : this.first(wg);
  }

  worked(wg: WireGuard, { port, network }: PortChoice): void {
    this.#worked.delete(network);
    if (port === ownPortOf(wg)) return;
    this.#worked.set(network, port);
    const [oldest = null] = this.#worked.keys();
    if (this.#worked.size > MAX_NETWORKS) this.#worked.delete(oldest);
  }

  #firstOn(network: string | null, wg: WireGuard): PortChoice {
    const known = this.#worked.get(network);
    const port = known !== undefined && portsOf(wg).includes(known) ? known : ownPortOf(wg);
    return { port, network };
  }
}

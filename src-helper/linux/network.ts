import { fail, ok, type Result } from '../../src-shared/problem.ts';
import {
  addAddress,
  addRoute,
  addRule,
  lookUpRoute,
  parseAddress,
  parseRoute,
  type Request,
  type Route,
  removeAddress,
  removeRoute,
  removeRule,
  setLink,
} from './netlink-message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';
import { everyRule, type NetworkPlan, networkText } from './network-plan.ts';

/** A route past the tunnel for WireGuard's own packets. It outlives the interface, so it is written down before. */
export interface PinnedRoute {
  /** IP address. */
  destination: string;
  interfaceIndex: number;
  /** Next hop in hex; null: on the link. */
  gateway: string | null;
}

interface Piece {
  add: Request;
  remove: Request;
}
type Pieces = Map<string, Piece>;

/** Already gone, or never there: no failure when taking something away. */
const GONE = new Set(['ESRCH', 'ENOENT', 'EADDRNOTAVAIL', 'ENODEV']);

export interface NetworkOptions {
  netlink: NetlinkSocket;
  interfaceIndex: number;
  /** Resolves when the pin (null: none) is on disk. */
  writePin: (pin: PinnedRoute | null) => Promise<void>;
}

/**
 * Addresses, routes and rules of one tunnel interface. Only the difference to what is in force goes to the kernel.
 * After `clear` the interface keeps its address, which no route uses, so that the next `apply` has less to do.
 */
export class TunnelNetwork {
  readonly #options: NetworkOptions;
  #mtu = 0;
  #addresses: Pieces = new Map();
  #routes: Pieces = new Map();
  #rules: Pieces = new Map();
  #pin: PinnedRoute | null = null;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** Puts the plan in force; on failure (`tunnel-failed`) nothing of it stays but the address. */
  async apply(plan: NetworkPlan): Promise<Result<void>> {
    const { interfaceIndex } = this.#options;
    const addresses: Pieces = new Map(
      plan.addresses.map((address) => [
        networkText(address),
        { add: addAddress(interfaceIndex, address), remove: removeAddress(interfaceIndex, address) },
      ]),
    );
    const routes: Pieces = new Map(
      plan.routes.map((route) => [networkText(route.destination), routePiece({ ...route, interfaceIndex })]),
    );
    const rules: Pieces = new Map(
      plan.rules.map((rule) => [
        `rule ${rule.family}/${rule.priority}`,
        { add: addRule(rule), remove: removeRule(rule) },
      ]),
    );
    this.#removeMissing(addresses, routes, rules);
    const pinned = await this.#pinEndpoint(plan.endpointToPin);
    if (!pinned.ok) return this.#undo(pinned);
    const failure =
      this.#setMtu(plan.mtu) ??
      this.#addMissing(this.#addresses, addresses) ??
      this.#addMissing(this.#routes, routes) ??
      this.#addMissing(this.#rules, rules);
    return failure === null ? ok(undefined) : this.#undo(fail('tunnel-failed', failure));
  }

  /** Normal routing comes back. */
  async clear(): Promise<void> {
    this.#remove(this.#rules);
    this.#remove(this.#routes);
    await this.#unpin();
  }

  /** Where packets to `destination` go now: interface index and next hop, or null when nowhere. */
  lookUp(destination: string): { interfaceIndex: number; gateway: Buffer | null } | null {
    const [reply] = this.#options.netlink.exchange([lookUpRoute(parseAddress(destination))]);
    if (!reply?.payload) return null;
    const { interfaceIndex, gateway } = parseRoute(reply.payload);
    return interfaceIndex === null ? null : { interfaceIndex, gateway };
  }

  #removeMissing(addresses: Pieces, routes: Pieces, rules: Pieces): void {
    const isGoing = (pieces: Pieces, wanted: Pieces) => [...pieces.keys()].some((key) => !wanted.has(key));
    // The kernel drops routes with the last address of their family, so both go, and what is wanted is set anew.
    if (isGoing(this.#addresses, addresses)) {
      this.#remove(this.#rules);
      this.#remove(this.#routes);
      this.#remove(this.#addresses);
      return;
    }
    this.#remove(this.#rules, rules);
    this.#remove(this.#routes, routes);
  }

  #remove(inForce: Pieces, except: Pieces = new Map()): void {
    const going = [...inForce].filter(([key]) => !except.has(key));
    const replies = this.#options.netlink.exchange(going.map(([, piece]) => piece.remove));
    for (const [index, [key]] of going.entries()) {
      const error = replies[index]?.error ?? null;
      if (error !== null && !GONE.has(error)) throw new Error(`cannot remove ${key}: ${error}`);
      inForce.delete(key);
    }
  }

  /** The first failure in words, or null. */
  #addMissing(inForce: Pieces, wanted: Pieces): string | null {
    const coming = [...wanted].filter(([key]) => !inForce.has(key));
    const replies = this.#options.netlink.exchange(coming.map(([, piece]) => piece.add));
    let failure: string | null = null;
    for (const [index, [key, piece]] of coming.entries()) {
      const error = replies[index]?.error ?? null;
      if (error === null) inForce.set(key, piece);
      else failure ??= additionFailure(key, error);
    }
    return failure;
  }

  #setMtu(mtu: number): string | null {
    if (mtu === this.#mtu) return null;
    const [reply] = this.#options.netlink.exchange([setLink(this.#options.interfaceIndex, mtu)]);
    if (reply?.error) return `The tunnel interface does not take an MTU of ${mtu} (${reply.error}).`;
    this.#mtu = mtu;
    return null;
  }

  async #pinEndpoint(endpoint: string | null): Promise<Result<void>> {
    if (endpoint === (this.#pin?.destination ?? null)) return ok(undefined);
    await this.#unpin();
    if (endpoint === null) return ok(undefined);
    if (this.lookUp(endpoint)?.interfaceIndex === this.#options.interfaceIndex) {
      this.#remove(this.#rules);
      this.#remove(this.#routes);
    }
    const way = this.lookUp(endpoint);
    if (!way) return fail('tunnel-failed', `There is no way to the gateway at ${endpoint}.`);
    const { interfaceIndex, gateway } = way;
    const pin: PinnedRoute = {
      destination: endpoint,
      interfaceIndex,
      gateway: gateway?.toString('hex') ?? null,
    };
    await this.#options.writePin(pin);
    const [reply] = this.#options.netlink.exchange([addRoute(pinRoute(pin))]);
    // Somebody has pinned it already, in their own way; it is theirs to remove.
    if (reply?.error === 'EEXIST') await this.#options.writePin(null);
    else if (reply?.error)
      return fail('tunnel-failed', `The way to the gateway cannot be kept (${reply.error}).`);
    else this.#pin = pin;
    return ok(undefined);
  }

  async #unpin(): Promise<void> {
    if (this.#pin === null) return;
    removePinnedRoute(this.#options.netlink, this.#pin);
    this.#pin = null;
    await this.#options.writePin(null);
  }

  async #undo(failure: Result<never>): Promise<Result<void>> {
    await this.clear();
    return failure;
  }
}

function routePiece(route: Route): Piece {
  return { add: addRoute(route), remove: removeRoute(route) };
}

function additionFailure(what: string, error: string): string {
  return error === 'EEXIST'
    ? `This computer's network already uses ${what}, which the connection needs too.`
    : `The network does not take ${what} (${error}).`;
}

function pinRoute({ destination, interfaceIndex, gateway }: PinnedRoute): Route {
  const route = { destination: parseAddress(destination), interfaceIndex };
  return gateway === null ? route : { ...route, gateway: Buffer.from(gateway, 'hex') };
}

export function removePinnedRoute(netlink: NetlinkSocket, pin: PinnedRoute): void {
  const [reply] = netlink.exchange([removeRoute(pinRoute(pin))]);
  if (reply?.error && !GONE.has(reply.error)) throw new Error(`cannot remove a route: ${reply.error}`);
}

/** Removes whatever rule a process that was killed may have left; rules outlive the interface. */
export function removeEveryRule(netlink: NetlinkSocket): void {
  netlink.exchange(everyRule.map((rule) => removeRule(rule)));
}

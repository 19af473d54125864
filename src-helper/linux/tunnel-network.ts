import { fail, ok, type Result } from '../../src-shared/problem.ts';
import type { Overlap } from '../platform.ts';
import { partsOf } from './local-networks.ts';
import {
  AF_INET,
  AF_INET6,
  addAddress,
  addRoute,
  addRule,
  listLinks,
  listRoutes,
  listRules,
  parseListedLink,
  parseListedRoute,
  parseListedRule,
  type Request,
  type Route,
  type Rule,
  removeAddress,
  removeListedRule,
  removeRoute,
  removeRule,
  setLink,
} from './netlink-message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';
import {
  type NetworkPlan,
  networkText,
  overlapsOf,
  planRoutes,
  preferMain,
  TUNNEL_MARK,
} from './network-plan.ts';

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

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /**
   * Puts the plan in force; on failure (`tunnel-failed`) nothing of it stays but the address. Answers with the networks
   * that are also this computer's own, and whose they are. Where these are all that the plan has, nothing goes through
   * the tunnel until the user has said otherwise.
   */
  apply(plan: NetworkPlan): Result<Overlap> {
    const { interfaceIndex } = this.#options;
    const routes = planRoutes(plan, interfaceIndex);
    const { same, within } = this.#overlaps(plan);
    const overlaps = [...same, ...within].map(networkText);
    const staysLocal = plan.isTeamFirst ? [] : same;
    const addresses: Pieces = new Map(
      plan.addresses.map((address) => [
        networkText(address),
        { add: addAddress(interfaceIndex, address), remove: removeAddress(interfaceIndex, address) },
      ]),
    );
    const routePieces: Pieces = new Map(
      routes.map((route) => [
        `${networkText(route.destination)}${typeof route.via === 'number' ? '' : ' (unreachable)'}`,
        { add: addRoute(route), remove: removeRoute(route) },
      ]),
    );
    const rules: Pieces = new Map(
      [...plan.rules, ...preferMain(staysLocal)].map((rule) => [
        ruleText(rule),
        { add: addRule(rule), remove: removeRule(rule) },
      ]),
    );
    this.#removeMissing(addresses, routePieces, rules);
    const failure =
      this.#setMtu(plan.mtu) ??
      this.#addMissing(this.#addresses, addresses) ??
      this.#addMissing(this.#routes, routePieces) ??
      this.#addMissing(this.#rules, rules);
    const overlapSide = plan.isTeamFirst ? 'team' : 'local';
    return failure === null ? ok({ overlaps, overlapSide }) : this.#undo(fail('tunnel-failed', failure));
  }

  /** Normal routing comes back. */
  clear(): void {
    this.#remove(this.#rules);
    this.#remove(this.#routes);
  }

  #overlaps({ networks }: NetworkPlan) {
    const { netlink, interfaceIndex } = this.#options;
    const others = listedRoutes(netlink).filter(({ via }) => via !== interfaceIndex);
    return {
      same: overlapsOf(networks, others),
      within: partsOf(networks, others, () => netlink.list(listLinks()).map(parseListedLink)),
    };
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

  #undo(failure: Result<never>): Result<never> {
    this.clear();
    return failure;
  }
}

function ruleText({ family, priority, to, tcpPort }: Rule): string {
  const port = tcpPort === undefined ? '' : ` port ${tcpPort}`;
  return `rule ${family}/${priority}${to ? ` to ${networkText(to)}${port}` : ''}`;
}

function additionFailure(what: string, error: string): string {
  return error === 'EEXIST'
    ? `This computer's network already uses ${what}, which the connection needs too.`
    : `The network does not take ${what} (${error}).`;
}

const families = [AF_INET, AF_INET6] as const;

export function listedRoutes(netlink: NetlinkSocket): Route[] {
  return families.flatMap((family) =>
    netlink.list(listRoutes(family)).flatMap((payload) => parseListedRoute(payload) ?? []),
  );
}

/** Removes what a process that was killed may have left and what outlives the interface: rules and routes without one. */
export function removeLeftovers(netlink: NetlinkSocket): void {
  const rules = families.flatMap((family) =>
    netlink.list(listRules(family)).flatMap((payload) => parseListedRule(payload) ?? []),
  );
  const changes = rules.map((rule) => removeListedRule(rule));
  const routes = listedRoutes(netlink).filter(({ table }) => table === TUNNEL_MARK);
  changes.push(...routes.map((route) => removeRoute(route)));
  for (const { error } of netlink.exchange(changes))
    if (error !== null && !GONE.has(error))
      throw new Error(`a rule or route of an earlier tunnel stays: ${error}`);
}

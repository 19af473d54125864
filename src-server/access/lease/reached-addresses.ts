import ipaddr from 'ipaddr.js';
import { joinEndpoint, splitEndpoint } from '../../../src-shared/primitives.ts';
import { isReachable } from '../../config.ts';
import type { ControlAddresses } from './control-addresses.ts';

const DAY_MS = 86_400_000;
/** Clients can tell anything: one member takes the places of no other. */
const MOST_ADDRESSES = 20;
const MOST_OF_A_MEMBER = 2;
const MOST_MEMBERS = 1_000;

export interface ReachedAddress {
  /** `address:port`. */
  address: string;
  /** Who reached this server there, the first first. */
  memberIds: readonly string[];
}

/**
 * Where clients say that they reach this server, of the last day, as far as it is none of the addresses that it puts
 * into leases: under a full tunnel those clients do not hear of a disconnect. What a client says changes no lease: it
 * would open a way beside the tunnel for whoever asks.
 */
export class ReachedAddresses {
  readonly #control: Pick<ControlAddresses, 'current'>;
  readonly #told = new Map<string, Map<string, number>>();

  constructor(control: Pick<ControlAddresses, 'current'>) {
    this.#control = control;
  }

  /** Answers whether this is the first time in a day that an address is heard of that is not known. */
  note(endpoint: string, memberId: string, now: number): boolean {
    const address = canonical(endpoint);
    if (!isReachable(splitEndpoint(address).address) || this.#isKnown(address)) return false;
    this.#forget(now);
    const members = this.#told.get(address) ?? new Map<string, number>();
    const isNew = members.size === 0;
    if (isNew && (this.#told.size >= MOST_ADDRESSES || this.#toldBy(memberId) >= MOST_OF_A_MEMBER))
      return false;
    if (members.has(memberId) || members.size < MOST_MEMBERS) members.set(memberId, now);
    this.#told.set(address, members);
    return isNew;
  }

  list(now: number): ReachedAddress[] {
    this.#forget(now);
    return [...this.#told].map(([address, members]) => ({ address, memberIds: [...members.keys()] }));
  }

  #toldBy(memberId: string): number {
    return [...this.#told.values()].filter((members) => members.has(memberId)).length;
  }

  #isKnown(address: string): boolean {
    return this.#control.current.some((each) => canonical(each) === address);
  }

  #forget(now: number): void {
    for (const [address, members] of this.#told) {
      for (const [memberId, at] of members) if (now - at > DAY_MS) members.delete(memberId);
      if (members.size === 0 || this.#isKnown(address)) this.#told.delete(address);
    }
  }
}

function canonical(endpoint: string): string {
  const { address, port } = splitEndpoint(endpoint);
  return joinEndpoint(ipaddr.process(address).toString(), port);
}

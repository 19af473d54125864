import { connect } from 'node:net';
import ipaddr from 'ipaddr.js';
import { splitEndpoint } from '../../src-shared/primitives.ts';
import { errorCode } from '../control/network-problem.ts';

const NEVER_FAR: readonly string[] = ['loopback', 'unspecified', 'linkLocal', 'broadcast', 'multicast'];
/** A gateway that has not answered by then does not: a firewall drops what it does not know. */
const LIMIT_MS = 1_000;

/** True when the host of `address` has said something to a TCP connect, be it no. False when nobody did, or at `signal`. */
export type Knock = (address: string, port: number, signal: AbortSignal) => Promise<boolean>;

export interface RoundTripOptions {
  /** Milliseconds, never set back. */
  monotonic: () => number;
  knock: Knock;
}

/**
 * How long the host of an endpoint takes to answer: whole milliseconds, the smaller of two tries; null where it does
 * not within a second. WireGuard itself answers nobody whom it does not know, so a TCP port of the same number is asked.
 */
export async function measureRoundTrip(
  endpoint: string,
  signal: AbortSignal,
  { monotonic, knock }: RoundTripOptions,
): Promise<number | null> {
  const { address, port } = splitEndpoint(endpoint);
  // An answer of this computer's own would look near.
  if (NEVER_FAR.includes(ipaddr.process(address).range())) return null;
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const limit = setTimeout(end, LIMIT_MS);
  let half: NodeJS.Timeout | undefined;
  const once = async () => {
    const startedAt = monotonic();
    return (await knock(address, port, over.signal)) ? Math.round(monotonic() - startedAt) : Infinity;
  };
  try {
    const first = once();
    // The first packet may be lost, or wait for the address of the next hop.
    const halfTime = new Promise((resolve) => {
      half = setTimeout(resolve, LIMIT_MS / 2);
    });
    await Promise.race([first, halfTime]);
    const best = Math.min(...(await Promise.all([first, once()])));
    return Number.isFinite(best) ? best : null;
  } finally {
    clearTimeout(limit);
    clearTimeout(half);
    signal.removeEventListener('abort', end);
  }
}

/** Refused is an answer. Anything else comes from this computer or from the network between, and tells nothing of the host. */
export const knockTcp: Knock = (host, port, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const socket = connect({ host, port });
    const finish = (hasAnswered: boolean) => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(hasAnswered);
    };
    const giveUp = () => finish(false);
    signal.addEventListener('abort', giveUp);
    socket.once('connect', () => finish(true));
    socket.on('error', (error) => finish(errorCode(error) === 'ECONNREFUSED'));
  });

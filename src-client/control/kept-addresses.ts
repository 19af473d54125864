import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

/** A resolver that answers takes less; one that lies inside a tunnel that is dead never does. */
const PATIENCE_MS = 250;

export interface KeptAddressesOptions {
  /** Where a server may be that was not found yet, when no resolver answers. */
  reserve?: () => LookupAddress[];
  resolve?: Resolve;
  patienceMs?: number;
}

type Resolve = (host: string) => Promise<LookupAddress[]>;

const resolveBySystem: Resolve = (host) => lookup(host, { all: true });

/**
 * Looks names up as the system does, and keeps what was found: a server that was reached once is reached again when
 * names cannot be resolved, since the resolver may lie inside the tunnel, or behind what the computer holds back: then
 * one that was never reached is looked for at the addresses of `reserve`. One question for a name at a time: each holds
 * a thread of the process until it is answered.
 */
export function keepAddresses({
  reserve = () => [],
  resolve = resolveBySystem,
  patienceMs = PATIENCE_MS,
}: KeptAddressesOptions = {}): LookupFunction {
  const kept = new Map<string, LookupAddress[]>();
  const asked = new Map<string, Promise<LookupAddress[]>>();

  function ask(host: string): Promise<LookupAddress[]> {
    const open = asked.get(host);
    if (open) return open;
    const question = resolve(host)
      .then((addresses) => {
        if (addresses.length > 0) kept.set(host, addresses);
        return addresses;
      })
      .finally(() => asked.delete(host));
    asked.set(host, question);
    return question;
  }

  async function find(host: string): Promise<LookupAddress[]> {
    const found = kept.get(host);
    const known = found ?? reserve();
    const answer = ask(host);
    if (known.length === 0) return answer;
    const { promise: patience, resolve: giveUp } = Promise.withResolvers<LookupAddress[]>();
    const timer = setTimeout(() => giveUp(known), patienceMs);
    try {
      const otherwise = (error: NodeJS.ErrnoException): LookupAddress[] => {
        // Who answers that there is no such name is to be believed, unless it was known.
        if (!found && error.code === 'ENOTFOUND') throw error;
        return known;
      };
      return await Promise.race([answer.catch(otherwise), patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  return (host, options, callback) => {
    find(host).then(
      (addresses) => {
        const isFit = ({ family }: LookupAddress) => !options.family || family === Number(options.family);
        const fit = addresses.filter(isFit);
        const [first] = fit;
        if (!first)
          return callback(Object.assign(new Error(`no address of ${host}`), { code: 'ENOTFOUND' }), '');
        if (options.all) callback(null, fit);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

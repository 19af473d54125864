interface Candidate {
  id: string;
  isOnline: boolean;
  trouble: string | null;
}

export interface Preference<G extends Candidate> {
  isLast: (gateway: G) => boolean;
  /** By gateway id, milliseconds; those that are not in it are not known. */
  roundTrips: Readonly<Record<string, number>>;
}

/**
 * The gateways in the order in which a client takes them whose user has not chosen one: those that the server hears,
 * those without a known trouble, the nearest, the one that was used last, and else in their own order.
 */
export function rankedGateways<G extends Candidate>(
  gateways: readonly G[],
  { isLast, roundTrips }: Preference<G>,
): G[] {
  const ranksOf = (gateway: G) => [
    gateway.isOnline ? 0 : 1,
    gateway.trouble === null ? 0 : 1,
    roundTrips[gateway.id] ?? Number.MAX_SAFE_INTEGER,
    isLast(gateway) ? 0 : 1,
  ];
  const ranked = gateways.map((gateway) => ({ gateway, ranks: ranksOf(gateway) }));
  return ranked.toSorted((a, b) => compare(a.ranks, b.ranks)).map(({ gateway }) => gateway);
}

/** The first of them; undefined only where there is none. */
export function offeredGateway<G extends Candidate>(
  gateways: readonly G[],
  preference: Preference<G>,
): G | undefined {
  return rankedGateways(gateways, preference)[0];
}

/** Those between which only nearness decides: as good as the first. */
export function equallyGood<G extends Candidate>(gateways: readonly G[]): G[] {
  const [best] = rankedGateways(gateways, { isLast: () => false, roundTrips: {} });
  return gateways.filter(
    ({ isOnline, trouble }) => isOnline === best?.isOnline && (trouble === null) === (best.trouble === null),
  );
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((rank, place) => rank !== b[place]);
  return (a[at] ?? 0) - (b[at] ?? 0);
}

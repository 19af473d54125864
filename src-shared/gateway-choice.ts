/**
 * Which gateway a client takes whose user has not chosen one: the one that was used last, else the first; one that the
 * server hears before one that it does not. Undefined only where there is none.
 */
export function offeredGateway<G extends { isOnline: boolean }>(
  gateways: readonly G[],
  isLast: (gateway: G) => boolean,
): G | undefined {
  const online = gateways.filter(({ isOnline }) => isOnline);
  const choice = online.length > 0 ? online : gateways;
  return choice.find(isLast) ?? choice[0];
}

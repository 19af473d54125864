/** Allows `limit` events within any `windowMs`: a page that crashes again and again is not reloaded for ever. */
export function createBudget(limit: number, windowMs: number, monotonic: () => number): { spend(): boolean } {
  let spent: number[] = [];
  return {
    spend() {
      const now = monotonic();
      spent = spent.filter((at) => now - at < windowMs);
      if (spent.length >= limit) return false;
      spent.push(now);
      return true;
    },
  };
}

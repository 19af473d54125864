/**
 * Runs works one after another, in the sequence of the calls. A work that fails holds up none after it: its failure is
 * for whoever asked for it.
 */
export function inTurn(): <T>(work: () => T | Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}

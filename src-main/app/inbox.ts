/** Keeps what comes in until somebody opens it; from then on hands it over at once. */
export interface Inbox<T> {
  put(item: T): void;
  open(take: (item: T) => void): void;
}

export function createInbox<T>(): Inbox<T> {
  const waiting: T[] = [];
  let taker: ((item: T) => void) | null = null;
  return {
    put(item) {
      if (taker) taker(item);
      else waiting.push(item);
    },
    open(take) {
      taker = take;
      for (const item of waiting.splice(0)) take(item);
    },
  };
}

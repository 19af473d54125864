/** Something changed, and whoever wants to know is told. Says not what: they look for themselves. */
export interface Signal {
  emit(): void;
  subscribe(listener: () => void): void;
}

export function createSignal(): Signal {
  const listeners: (() => void)[] = [];
  return {
    emit() {
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => void listeners.push(listener),
  };
}

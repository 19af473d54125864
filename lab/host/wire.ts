import { deserialize, serialize } from 'node:v8';

/** What crosses between the main process and the process that drives Chromium: calls in both directions. */
export type Calls<T> = { [K in keyof T]: (...args: never[]) => unknown };

/** One end of a channel of whole messages, e.g. Node's own channel between parent and child process. */
export interface Port {
  send(message: string): void;
  onMessage(listener: (message: unknown) => void): void;
}

export interface Wire<Out extends Calls<Out>> {
  /** Rejects with the other side's error, as an `Error` with the same message. */
  call<K extends keyof Out & string>(
    name: K,
    ...args: Parameters<Out[K]>
  ): Promise<Awaited<ReturnType<Out[K]>>>;
}

interface Message {
  kind: 'call' | 'answer' | 'error';
  id: number;
  name: string;
  value: unknown;
}

/** Joins two processes by function calls; values are cloned as by the structured clone algorithm. */
export function createWire<Out extends Calls<Out>, In extends Calls<In>>(
  port: Port,
  handlers: In,
): Wire<Out> {
  const known = new Map<string, (...args: never[]) => unknown>(Object.entries(handlers));
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  const send = (message: Message): void => port.send(serialize(message).toString('base64'));

  async function answer({ id, name, value }: Message): Promise<void> {
    try {
      const handler = known.get(name);
      if (!handler) throw new Error(`nobody answers ${name}`);
      const args = value as never[];
      send({ kind: 'answer', id, name, value: await handler(...args) });
    } catch (error) {
      send({ kind: 'error', id, name, value: error instanceof Error ? error.message : String(error) });
    }
  }

  port.onMessage((text) => {
    if (typeof text !== 'string') return;
    const message = deserialize(Buffer.from(text, 'base64')) as Message;
    if (message.kind === 'call') {
      void answer(message);
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'answer') call?.resolve(message.value);
    else call?.reject(new Error(String(message.value)));
  });

  return {
    call(name, ...args) {
      lastId += 1;
      const call = Promise.withResolvers<unknown>();
      waiting.set(lastId, call);
      send({ kind: 'call', id: lastId, name, value: args });
      return call.promise as Promise<never>;
    },
  };
}

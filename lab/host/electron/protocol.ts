import type { HostRequest, HostResponse } from '../contract.ts';

type SchemeHandler = Parameters<Electron.Protocol['handle']>[1];

/** `protocol` of one session: the app's own handlers answer, with their own headers. */
export class HostProtocol
  implements
    Pick<Electron.Protocol, 'handle' | 'unhandle' | 'isProtocolHandled' | 'registerSchemesAsPrivileged'>
{
  readonly privileged: Electron.CustomScheme[] = [];
  readonly #handlers = new Map<string, SchemeHandler>();

  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    // Standard and secure is what the host's stand-in origin is; the rest changes nothing here.
    this.privileged.push(...schemes);
  }
  handle(scheme: string, handler: SchemeHandler): void {
    if (this.#handlers.has(scheme)) throw new Error(`The scheme ${scheme} is already handled`);
    this.#handlers.set(scheme, handler);
  }
  unhandle(scheme: string): void {
    this.#handlers.delete(scheme);
  }
  isProtocolHandled(scheme: string): boolean {
    return this.#handlers.has(scheme);
  }

  async answer({ url, method, headers }: HostRequest): Promise<HostResponse | null> {
    const handler = this.#handlers.get(url.slice(0, url.indexOf(':')));
    if (!handler) return null;
    const answer = await handler(new Request(url, { method, headers }) as Parameters<SchemeHandler>[0]);
    return {
      kind: 'answer',
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: new Uint8Array(await answer.arrayBuffer()),
    };
  }
}

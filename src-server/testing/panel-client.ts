import { CSRF_HEADER, panelSession } from '../../src-shared/panel/session.ts';
import type { HttpAnswer, TestMember, TestServer } from './test-server.ts';

/** A browser's half of a panel session: the cookie, and the CSRF token on whatever is no read. */
export class PanelClient {
  readonly member: TestMember;
  readonly #server: TestServer;
  #cookie = '';
  #csrfToken = '';

  private constructor(server: TestServer, member: TestMember) {
    this.#server = server;
    this.member = member;
  }

  /** Adds somebody of this role and signs them in with password and code. */
  static async of(server: TestServer, role: 'owner' | 'administrator' | 'member'): Promise<PanelClient> {
    const client = new PanelClient(server, await server.addMember({ role }));
    await client.#signIn();
    return client;
  }

  async #signIn(): Promise<void> {
    const { email, password } = this.member;
    const first = await this.#server.request('POST', '/panel/v1/sign-in', { body: { email, password } });
    const { mfaToken } = first.body;
    const body = { mfaToken, method: 'totp', code: this.#server.codeOf(this.member) };
    const second = await this.#server.request('POST', '/panel/v1/sign-in/mfa', { body });
    this.#cookie = (second.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    this.#csrfToken = panelSession.parse(second.body).csrfToken;
  }

  /** What its calls are sent with. */
  headers(): Record<string, string> {
    return { cookie: this.#cookie, [CSRF_HEADER]: this.#csrfToken };
  }

  /** A call under `/panel/v1/`; `csrf: false` leaves the token out. */
  call(
    method: string,
    path: string,
    body?: unknown,
    { csrf = true }: { csrf?: boolean } = {},
  ): Promise<HttpAnswer> {
    const headers = { cookie: this.#cookie, ...(csrf ? { [CSRF_HEADER]: this.#csrfToken } : {}) };
    return this.#server.request(method, `/panel/v1/${path}`, {
      headers,
      ...(body === undefined ? {} : { body }),
    });
  }

  /** The body of a GET as it came; a byte order mark is taken off. */
  async text(path: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(path));
  }

  async bytes(path: string): Promise<Buffer> {
    const response = await fetch(`${this.#server.url}/panel/v1/${path}`, {
      headers: { cookie: this.#cookie },
    });
    return Buffer.from(await response.arrayBuffer());
  }

  get(path: string): Promise<HttpAnswer> {
    return this.call('GET', path);
  }
}

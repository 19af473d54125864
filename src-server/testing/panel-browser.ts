import { parse } from 'node:querystring';
import * as z from 'zod';
import { CSRF_HEADER, type PanelSession, panelSession } from '../../src-shared/panel/session.ts';
import type { HttpAnswer, TestMember, TestServer } from './test-server.ts';

const pendingAnswer = z.object({ code: z.string(), mfaToken: z.string() });

/** A browser on the Control Panel: keeps the cookie, sends the CSRF token of the last session it read. */
export class PanelBrowser {
  readonly #server: TestServer;
  cookie = '';
  /** What outlasts the session: the browser was signed in to from here before. */
  trustCookie = '';
  csrfToken = '';
  /** `Set-Cookie` as it came last. */
  setCookie = '';

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** Sends what a page of the panel would send; `headers` are added, undefined ones left out. */
  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string | undefined> = {},
  ): Promise<HttpAnswer> {
    const all = {
      'sec-fetch-site': 'same-origin',
      cookie: [this.cookie, this.trustCookie].filter(Boolean).join('; ') || undefined,
      [CSRF_HEADER]: method === 'GET' ? undefined : this.csrfToken || undefined,
      ...headers,
    };
    const given = Object.entries(all).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value] satisfies [string, string]],
    );
    const answer = await this.#server.request(method, `/panel/v1/${path}`, {
      ...(body === undefined ? {} : { body }),
      headers: Object.fromEntries(given),
    });
    for (const setCookie of answer.headers.getSetCookie()) {
      const [pair = ''] = setCookie.split(';');
      if (pair.startsWith('__Host-postern-trusted=')) {
        this.trustCookie = pair;
        continue;
      }
      this.setCookie = setCookie;
      const [[name, value] = ['', '']] = Object.entries(parse(pair));
      this.cookie = value ? `${name}=${String(value)}` : '';
    }
    const session = panelSession.safeParse(answer.body);
    if (session.success) this.csrfToken = session.data.csrfToken;
    return answer;
  }

  /** Password only: the answer of the first step. */
  password({ email, password }: Pick<TestMember, 'email' | 'password'>): Promise<HttpAnswer> {
    return this.ask('POST', 'sign-in', { email, password });
  }

  /** Signs in with whatever the server asks for; throws when it refuses. */
  async signIn(
    member: TestMember,
    proof?: { method: 'totp' | 'backup-code'; code: string },
  ): Promise<PanelSession> {
    const first = await this.password(member);
    if (first.status === 200) return panelSession.parse(first.body);
    const { mfaToken } = pendingAnswer.parse(first.body);
    const second = await this.ask('POST', 'sign-in/mfa', {
      mfaToken,
      ...(proof ?? { method: 'totp', code: this.#server.codeOf(member) }),
    });
    if (second.status !== 200) throw new Error(`sign-in refused: ${JSON.stringify(second.body)}`);
    return panelSession.parse(second.body);
  }
}

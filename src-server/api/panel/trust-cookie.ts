import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { livingTrust, TRUSTED_CLIENT_SECONDS } from '../../people/session/trusted-client.ts';
import { cookieFlags } from './panel-session.ts';

/** Tokens of `trustClient`, one for each account that signed in here, the newest first. It outlasts the session. */
const TRUST_COOKIE = '__Host-postern-trusted';
/** A browser is one person's, and sometimes an administrator's as well. */
const MOST_TOKENS = 4;

/** What the browser has from earlier sign-ins; what cannot be a token is left out. */
export function trustTokensOf(request: FastifyRequest): string[] {
  const tokens = (request.cookies[TRUST_COOKIE] ?? '').split('.');
  return tokens.filter((token) => /^[\w-]{43}$/.test(token)).slice(0, MOST_TOKENS);
}

/** Puts the token of a sign-in that succeeded before those that the browser came with and that still count. */
export async function keepTrust(
  { database, now }: ServerContext,
  reply: FastifyReply,
  token: string,
  before: readonly string[],
): Promise<void> {
  const tokens = [token, ...(await livingTrust(database.db, before, now()))].slice(0, MOST_TOKENS);
  reply.setCookie(TRUST_COOKIE, tokens.join('.'), { ...cookieFlags, maxAge: TRUSTED_CLIENT_SECONDS });
}

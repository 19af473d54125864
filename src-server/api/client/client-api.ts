import type { FastifyInstance } from 'fastify';
import type { ClientHub } from '../../access/channel/client-hub.ts';
import type { LeaseKeyNews } from '../../access/channel/lease-key-news.ts';
import type { ConnectDeps } from '../../access/connection/connect.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { ReachedAddresses } from '../../access/lease/reached-addresses.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { registerClientChannel } from './client-channel.ts';
import { guardClient } from './client-guard.ts';
import { registerConnectionRoutes } from './connection-routes.ts';
import { registerDeviceRoutes } from './device-routes.ts';
import { registerGuardRoute } from './guard-route.ts';
import { registerMeRoute } from './me-route.ts';
import { registerMfaRoutes } from './mfa-routes.ts';
import { registerSignInRoutes, registerSignOutRoute } from './sign-in-routes.ts';
import { registerUnlockRoutes } from './unlock-routes.ts';

export interface ClientParts extends ConnectDeps {
  hub: ClientHub;
  reached: ReachedAddresses;
  leaseKeys: LeaseKeyNews;
  guards: GuardSource;
  checkPassword: PasswordCheck;
}

/** `/client/v1`: what the desktop and the terminal client ask. */
export async function registerClientApi(app: FastifyInstance, parts: ClientParts): Promise<void> {
  const { ctx, registry } = parts;
  await app.register(async (open) => {
    registerSignInRoutes(open, ctx, parts.checkPassword);
    // With the token of a sign-in, which is in the body, or with a session.
    registerMfaRoutes(open, ctx);
  });
  await app.register(async (guarded) => {
    guardClient(guarded, ctx);
    registerSignOutRoute(guarded, parts);
    registerMeRoute(guarded, ctx, registry);
    registerUnlockRoutes(guarded, ctx);
    registerDeviceRoutes(guarded, parts);
    registerConnectionRoutes(guarded, parts);
    registerGuardRoute(guarded, parts);
    registerClientChannel(guarded, ctx, parts);
  });
}

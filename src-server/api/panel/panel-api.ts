import type { FastifyInstance } from 'fastify';
import { problem } from '../../../src-shared/problem.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import { registerAccountMfaRoutes } from './account-mfa-routes.ts';
import { registerAccountRoutes } from './account-routes.ts';
import type { AdminParts } from './admin/admin-parts.ts';
import { registerAdminRoutes } from './admin/admin-routes.ts';
import { foreignOrigin, isRead } from './csrf.ts';
import { guardPanel } from './panel-guard.ts';
import { registerMfaResetRoutes } from './reset-routes.ts';
import { registerPanelSessionRoutes, registerPanelSignInRoutes } from './session-routes.ts';

/** Whoever likes can make up more of them. */
const MOST_ORIGINS_TOLD = 10;

export interface PanelParts {
  enforcement: Enforcement;
  guards: GuardSource;
  /** The one that the client API uses too: they count together. */
  checkPassword: PasswordCheck;
  /** What the administrators' routes work with. */
  administration: AdminParts;
}

/**
 * `/panel/v1`: the Control Panel's own API. A plugin of its own, so that no rule of it touches another route. Nothing of
 * it is kept by a cache, and nothing is changed at the word of another site.
 */
export async function registerPanelApi(
  app: FastifyInstance,
  ctx: ServerContext,
  parts: PanelParts,
): Promise<void> {
  const { issuer } = ctx.config;
  const told = new Set<string>();
  await app.register(async (panel) => {
    panel.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store');
      if (isRead(request.method)) return;
      const origin = foreignOrigin(request, issuer);
      if (origin === null) return;
      if (!told.has(origin) && told.size < MOST_ORIGINS_TOLD) {
        told.add(origin);
        ctx.log.warn(
          { origin },
          `a change was refused that came from another page than the Control Panel at ${issuer}, the issuer. If people open it elsewhere, set issuer, or lead them there`,
        );
      }
      return sendProblem(
        reply,
        problem('csrf-token-invalid', `This page is not the Control Panel of this server. Open ${issuer}`),
      );
    });
    registerPanelSignInRoutes(panel, ctx, parts.checkPassword);
    registerMfaResetRoutes(panel, ctx, parts);
    await panel.register(async (members) => {
      guardPanel(members, ctx, 'member');
      registerPanelSessionRoutes(members, ctx, parts.checkPassword);
      registerAccountRoutes(members, ctx, parts);
      registerAccountMfaRoutes(members, ctx, parts);
    });
    await panel.register(async (administrators) => {
      guardPanel(administrators, ctx, 'administrator');
      registerAdminRoutes(administrators, parts.administration);
    });
  });
}

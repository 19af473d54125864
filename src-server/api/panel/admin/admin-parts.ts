import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Enforcement } from '../../../access/enforcement/enforcement.ts';
import type { GatewayRegistry } from '../../../access/gateway/gateway-registry.ts';
import type { GuardSource } from '../../../access/guard/guard.ts';
import type { ReachedAddresses } from '../../../access/lease/reached-addresses.ts';
import { AuditIndex } from '../../../audit/audit-index.ts';
import { AuditVerifier } from '../../../audit/audit-verification.ts';
import type { ServerContext } from '../../../context.ts';
import type { ServiceState } from './service-items.ts';

/** What the administrators' routes work with. */
export interface AdminParts {
  ctx: ServerContext;
  enforcement: Enforcement;
  guards: GuardSource;
  gateways: Pick<GatewayRegistry, 'isOnline' | 'hostTroubles'>;
  reached: Pick<ReachedAddresses, 'list'>;
  /** Takes every peer from a gateway that was removed and closes its channel. */
  dismissGateway(gatewayId: string): Promise<void>;
  /** Tells whoever has to know of gateways that were edited. */
  tellEdits(): Promise<void>;
  /** Closes the channels of gateways whose token has ended. */
  closeEndedTokens(): Promise<void>;
  service: Omit<ServiceState, 'isMailOn'>;
  index: AuditIndex;
  verifier: AuditVerifier;
}

export function createAdminParts(input: Omit<AdminParts, 'index' | 'verifier'>): AdminParts {
  const { db } = input.ctx.database;
  return {
    ...input,
    index: new AuditIndex(db),
    verifier: new AuditVerifier(db, input.ctx.keys, input.ctx.now),
  };
}

/** Routes whose schemas are zod's. */
export const typed = (app: FastifyInstance) => app.withTypeProvider<ZodTypeProvider>();

import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import {
  gatewayAnswer,
  gatewayChange,
  gatewayChangedAnswer,
  gatewayRemovedAnswer,
  gatewaysAnswer,
  gatewayTokenRequest,
  newGatewayAnswer,
  newGatewayRequest,
  newGatewayTokenAnswer,
} from '../../../../src-shared/panel/gateways.ts';
import { pageQuery } from '../../../../src-shared/panel/paging.ts';
import { id } from '../../../../src-shared/primitives.ts';
import { fail, ok, problem, problemSchema, type Result } from '../../../../src-shared/problem.ts';
import { endingAccess } from '../../../access/enforcement/ending-access.ts';
import { removeGateway } from '../../../access/enforcement/gateway-removal.ts';
import type { RecordedEnd } from '../../../access/enforcement/record-end.ts';
import { addGateway, editGateway } from '../../../access/gateway/gateway-store.ts';
import { renewGatewayToken, tokenLine } from '../../../access/gateway/gateway-token.ts';
import { installLine } from '../../../access/gateway/install-line.ts';
import type { Tx } from '../../../db/database.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import { tellOwners } from '../../../people/members/owner-notices.ts';
import { type Admin, presentAdmin } from '../../../people/members/owner-rules.ts';
import { checkStepUp } from '../../../people/session/step-up.ts';
import { panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';
import { countOutdated, listGateways, listPeers, viewGateway } from './gateway-view.ts';

const params = z.strictObject({ id });

/** `GET|POST gateways`, `GET|PUT|DELETE gateways/{id}`, `POST gateways/{id}/token`. */
export function registerGatewayRoutes(plain: FastifyInstance, parts: AdminParts): void {
  const app = typed(plain);
  const { ctx, enforcement, gateways } = parts;
  const { db } = ctx.database;
  /** Whoever has the token of a gateway is told of every member's tunnel there. */
  const mayIssue = async (tx: Tx, identity: Admin): Promise<Result<unknown>> => {
    const admin = await presentAdmin(tx, identity);
    return admin.ok ? checkStepUp(tx, identity, ctx.now()) : admin;
  };
  app.get(
    '/panel/v1/gateways',
    {
      schema: {
        hide: true,
        querystring: pageQuery,
        response: { 200: gatewaysAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const page = await listGateways(db, gateways, request.query, ctx.now());
      return page.ok ? reply.send(page.value) : sendProblem(reply, page.problem);
    },
  );
  app.post(
    '/panel/v1/gateways',
    {
      schema: {
        hide: true,
        body: newGatewayRequest,
        response: { 201: newGatewayAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const added = await db.transaction().execute(async (tx) => {
        const may = await mayIssue(tx, identity);
        if (!may.ok) return may;
        const made = await addGateway(tx, { ...request.body, actor, ip, now: ctx.now() });
        if (made.ok)
          await tellOwners(tx, ctx, identity, {
            what: 'gateway-token',
            gateway: request.body.name,
            isNew: true,
          });
        return made;
      });
      if (!added.ok) return sendProblem(reply, added.problem);
      const { id: gatewayId, token, subnet } = added.value;
      const gateway = await viewGateway(db, gateways, gatewayId, ctx.now());
      if (!gateway) return sendProblem(reply, problem('gateway-not-found'));
      const { issuer } = ctx.config;
      const line = installLine({ issuer, gatewayId, token, subnet, mtu: gateway.mtu, dns: gateway.dns });
      return reply.code(201).send({ gateway, token, installLine: line });
    },
  );
  app.get(
    '/panel/v1/gateways/:id',
    {
      schema: {
        hide: true,
        params,
        querystring: pageQuery,
        response: { 200: gatewayAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const gateway = await viewGateway(db, gateways, request.params.id, ctx.now());
      if (!gateway) return sendProblem(reply, problem('gateway-not-found'));
      const page = await listPeers(db, gateway.id, request.query, ctx.now());
      return page.ok ? reply.send({ gateway, ...page.value }) : sendProblem(reply, page.problem);
    },
  );
  app.put(
    '/panel/v1/gateways/:id',
    {
      schema: {
        hide: true,
        params,
        body: gatewayChange,
        response: { 200: gatewayChangedAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const gatewayId = request.params.id;
      const edited = await db.transaction().execute(async (tx) => {
        const admin = await presentAdmin(tx, identity);
        const edit = { id: gatewayId, change: request.body, actor, ip, now: ctx.now() };
        return admin.ok ? editGateway(tx, edit) : admin;
      });
      if (!edited.ok) return sendProblem(reply, edited.problem);
      await parts.tellEdits();
      const gateway = await viewGateway(db, gateways, gatewayId, ctx.now());
      if (!gateway) return sendProblem(reply, problem('gateway-not-found'));
      const outdatedConnections = await countOutdated(db, gatewayId, ctx.now());
      return reply.send({ gateway, outdatedConnections });
    },
  );
  app.post(
    '/panel/v1/gateways/:id/token',
    {
      schema: {
        hide: true,
        params,
        body: gatewayTokenRequest,
        response: { 201: newGatewayTokenAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const gatewayId = request.params.id;
      const { endsOldNow } = request.body;
      const renewed = await db.transaction().execute(async (tx) => {
        const may = await mayIssue(tx, identity);
        if (!may.ok) return may;
        const made = await renewGatewayToken(tx, { id: gatewayId, endsOldNow, actor, ip, now: ctx.now() });
        if (made.ok)
          await tellOwners(tx, ctx, identity, {
            what: 'gateway-token',
            gateway: made.value.name,
            isNew: false,
          });
        return made;
      });
      if (!renewed.ok) return sendProblem(reply, renewed.problem);
      await parts.closeEndedTokens();
      const gateway = await viewGateway(db, gateways, gatewayId, ctx.now());
      if (!gateway) return sendProblem(reply, problem('gateway-not-found'));
      const { token } = renewed.value;
      return reply.code(201).send({ gateway, token, tokenLine: tokenLine(token) });
    },
  );
  app.delete(
    '/panel/v1/gateways/:id',
    {
      schema: {
        hide: true,
        params,
        response: { 200: gatewayRemovedAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const gatewayId = request.params.id;
      const removed = await endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
        const admin = await presentAdmin(tx, identity);
        if (!admin.ok) return admin;
        const recorded = await removeGateway(tx, { id: gatewayId, actor, ip, now: ctx.now() });
        return recorded ? ok(recorded) : fail('gateway-not-found');
      });
      if (!removed.ok) return sendProblem(reply, removed.problem);
      await parts.dismissGateway(gatewayId);
      return reply.send({ endedConnections: removed.value.ended.length });
    },
  );
}

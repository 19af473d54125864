import http from 'node:http';
import https from 'node:https';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { createJsonSchemaTransform, serializerCompiler } from 'fastify-type-provider-zod';
import { problem } from '../src-shared/problem.ts';
import { registerClientApi } from './api/client/client-api.ts';
import { registerGatewayApi } from './api/gateway/gateway-api.ts';
import { registerIntegrationApi } from './api/integration/integration-api.ts';
import { createAdminParts } from './api/panel/admin/admin-parts.ts';
import { registerPanelApi } from './api/panel/panel-api.ts';
import { contentSecurityPolicy, registerPanelPage } from './api/panel/panel-page.ts';
import { registerStatusRoutes } from './api/status/status-routes.ts';
import { registerAuditMetrics } from './audit/audit-metrics.ts';
import type { CertificateFacts } from './certificate/server-certificate.ts';
import { plainAddress } from './client-address.ts';
import type { EnforcementParts } from './compose.ts';
import type { ServerContext } from './context.ts';
import { knownCaller, loggedCaller } from './http/caller.ts';
import { BOUNDS, Connections, serverOptions } from './http/connections.ts';
import { handleErrors, requestValidator } from './http/error-handling.ts';
import { knowCallers, trustedProxy } from './http/forwarding.ts';
import { sendProblem } from './http/problem-reply.ts';
import { addBudgets } from './http/request-budgets.ts';
import type { MailTrouble } from './mail/mail-sender.ts';
import type { Metrics } from './metrics/metrics.ts';
import { makePasswordCheck } from './people/sign-in/password-check.ts';
import { newId } from './tokens.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export interface AppParts {
  metrics: Metrics;
  /** The half that decides who is connected. */
  enforcement: EnforcementParts;
  /** PEM; without it the app speaks plain HTTP (tests). */
  tls?: { cert: string; key: string };
  /** What the overview shows of it; without it nothing. */
  certificate?: () => CertificateFacts;
  /** Since when no mail has gone out; null: all is well. */
  mailTrouble?: () => MailTrouble | null;
  /** The built page of the Control Panel; without it there is none. */
  panelDir?: string;
}

/** The whole HTTP side of the server, ready to `listen`. Everything it needs comes in `ctx` and `parts`. */
export async function buildApp(ctx: ServerContext, parts: AppParts): Promise<FastifyInstance> {
  const log: FastifyBaseLogger = ctx.log;
  const channels = new Set<string>();
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    schemaController: { compilersFactory: { buildValidator: notYet, buildSerializer: notYet } },
    trustProxy: ctx.config.trustedProxies.length > 0 ? ctx.config.trustedProxies : false,
    genReqId: () => newId(ctx.now()),
    // A URL that cannot be decoded never reaches a route or the error handler.
    frameworkErrors: (error, _request, reply) =>
      void sendProblem(reply, problem('invalid-request', error.message)),
    serverFactory: (handler) => makeServer(handler, parts.tls, (path) => channels.has(path)),
  });
  app.addHook('onRoute', ({ url, wsHandler }) => {
    if (wsHandler !== undefined) channels.add(url);
  });
  boundConnections(app, ctx.config);
  app.setValidatorCompiler(requestValidator);
  app.setSerializerCompiler(serializerCompiler);
  acceptEmptyJson(app);
  knowCallers(app, ctx.config, ctx.log);
  observe(app, parts.metrics);
  await app.register(helmet, { contentSecurityPolicy });
  await app.register(cookie);
  const page = await registerPanelPage(app, ctx.log, parts.panelDir);
  handleErrors(app, page);
  await app.register(rateLimit, { global: false });
  await app.register(swagger, {
    openapi: {
      info: { title: 'Postern control server', version: '1' },
      servers: [{ url: ctx.config.issuer }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: 'any' } }),
  });
  await app.register(websocket, { options: { maxPayload: MAX_FRAME_BYTES } });

  // A plugin of its own, so that swagger sees every route.
  const { ender, hub, registry, sweeper, tokens, control, reached, leaseKeys, guards } = parts.enforcement;
  const checkPassword = makePasswordCheck(ctx);
  const administration = createAdminParts({
    ctx,
    enforcement: ender,
    guards,
    gateways: registry,
    reached,
    service: parts,
    dismissGateway: (gatewayId) => sweeper.dismiss(gatewayId),
    tellEdits: () => sweeper.tellEdits(),
    closeEndedTokens: () => tokens.closeEnded(),
  });
  const beginToCount = registerAuditMetrics(parts.metrics.registry, ctx.database.db, administration.verifier);
  app.addHook('onReady', beginToCount);
  await app.register(async (routes) => {
    const { requestsPerMinute: known, strangerRequestsPerMinute: strangers } = ctx.config;
    addBudgets(routes, { known, strangers });
    registerStatusRoutes(routes, ctx, parts.metrics);
    await registerClientApi(routes, {
      ctx,
      registry,
      enforcement: ender,
      hub,
      reached,
      leaseKeys,
      control,
      guards,
      checkPassword,
    });
    await registerPanelApi(routes, ctx, { enforcement: ender, guards, checkPassword, administration });
    const { index } = administration;
    await registerIntegrationApi(routes, ctx, { enforcement: ender, guards, index });
    await registerGatewayApi(routes, ctx, parts.enforcement);
  });
  return app;
}

/** Until ours are set. Without any, Fastify loads compilers of its own, which are a tenth of all that a start loads. */
function notYet(): never {
  throw new Error('a schema came before the compilers');
}

function makeServer(
  handler: http.RequestListener,
  tls: AppParts['tls'],
  isChannel: (path: string) => boolean,
): http.Server {
  const options = serverOptions(isChannel);
  const server = tls
    ? https.createServer({ ...options, ...tls, minVersion: 'TLSv1.2' }, handler)
    : http.createServer(options, handler);
  // What somebody expects of us that we do not know is no reason to refuse a disconnect.
  return server.on('checkExpectation', handler);
}

function boundConnections(app: FastifyInstance, { trustedProxies }: ServerContext['config']): void {
  const isTrustedProxy = trustedProxy(trustedProxies);
  const isProxy = (address: string): boolean => isTrustedProxy(plainAddress(address));
  const connections = new Connections(app.server, BOUNDS, isProxy);
  // Behind the guards, before a body is read.
  app.addHook('preParsing', async (request) => {
    const caller = knownCaller(request);
    if (caller !== null) connections.known(request.raw.socket, caller);
  });
}

/** An empty JSON body is no body: `POST sign-out` with a content type is what many HTTP libraries send. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else return parse(request, body.toString(), done);
  });
}

/** One line and one measurement for each answer; URLs keep their pattern, so that no id becomes a label. */
function observe(app: FastifyInstance, { httpSeconds }: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, ip } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    httpSeconds.observe({ method, route, status }, reply.elapsedTime / 1000);
    const level = route === '/healthz' || route === '/metrics' ? 'debug' : 'info';
    request.log[level](
      { ...loggedCaller(request), method, route, status, ip, ms: Math.round(reply.elapsedTime * 10) / 10 },
      'answered',
    );
  });
}

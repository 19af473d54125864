import type { FromGateway } from '../../../src-shared/gateway-channel.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Db, Tx } from '../../db/database.ts';
import { agentColumn } from './gateway-agent.ts';
import { alternatePortsOf, type CarriedOut, subnet6Of } from './gateway-settings.ts';

type Hello = Extract<FromGateway, { type: 'hello' }>;

/**
 * Keeps what the agent says of itself, also for when it is away. True when more or less of the gateway's settings is
 * carried out from now on: connections that there are have settings from before then.
 */
export async function noteHello(ctx: ServerContext, gatewayId: string, hello: Hello): Promise<boolean> {
  const { db } = ctx.database;
  await noteGatewaySeen(ctx, gatewayId);
  // One that says what it said before, as after each restart of the server, needs no write lock.
  const known = await saidOf(db, gatewayId);
  const isSame =
    known.public_key === hello.publicKey &&
    known.endpoint === hello.endpoint &&
    known.agent_json === agentColumn(hello) &&
    known.host_troubles_json === null;
  return isSame ? false : write(ctx, gatewayId, hello);
}

/** That the agent is there: written down a moment later. */
export function noteGatewaySeen({ database, log, now }: ServerContext, gatewayId: string): Promise<void> {
  const seen = { last_seen_at: now() };
  const note = (tx: Tx) => tx.updateTable('gateway').set(seen).where('id', '=', gatewayId).execute();
  return database.later.add(log, note, `gateway ${gatewayId}`);
}

function saidOf(db: Db | Tx, gatewayId: string) {
  return db
    .selectFrom('gateway')
    .select(['public_key', 'endpoint', 'agent_json', 'alternate_ports_json', 'subnet6', 'settings_at'])
    .select('host_troubles_json')
    .where('id', '=', gatewayId)
    .executeTakeFirstOrThrow();
}

function write(ctx: ServerContext, gatewayId: string, hello: Hello): Promise<boolean> {
  return ctx.database.db.transaction().execute(async (tx) => {
    const before = await saidOf(tx, gatewayId);
    const { publicKey, endpoint } = hello;
    const agent_json = agentColumn(hello);
    const isOther = carriedOut(before) !== carriedOut({ ...before, endpoint, agent_json });
    await tx
      .updateTable('gateway')
      .set({
        ...{ public_key: publicKey, endpoint, agent_json, host_troubles_json: null },
        ...(isOther ? { settings_at: Math.max(ctx.now(), before.settings_at + 1) } : {}),
      })
      .where('id', '=', gatewayId)
      .execute();
    if (before.public_key !== publicKey || before.endpoint !== endpoint)
      await appendAudit(tx, {
        at: ctx.now(),
        actor: `gateway:${gatewayId}`,
        action: 'gateway.hello',
        subject: `gateway:${gatewayId}`,
        outcome: 'ok',
        details: { publicKey, endpoint, previousPublicKey: before.public_key },
      });
    return isOther;
  });
}

function carriedOut(row: CarriedOut): string {
  return JSON.stringify([alternatePortsOf(row), subnet6Of(row)]);
}

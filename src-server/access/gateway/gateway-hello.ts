import type { FromGateway } from '../../../src-shared/gateway-channel.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import { agentColumn } from './gateway-agent.ts';
import { alternatePortsOf, type CarriedOut, subnet6Of } from './gateway-settings.ts';

/**
 * Keeps what the agent says of itself, also for when it is away. True when more or less of the gateway's settings is
 * carried out from now on: connections that there are have settings from before then.
 */
export async function noteHello(
  ctx: ServerContext,
  gatewayId: string,
  hello: Extract<FromGateway, { type: 'hello' }>,
): Promise<boolean> {
  return ctx.database.db.transaction().execute(async (tx) => {
    const before = await tx
      .selectFrom('gateway')
      .select(['public_key', 'endpoint', 'agent_json', 'alternate_ports_json', 'subnet6', 'settings_at'])
      .where('id', '=', gatewayId)
      .executeTakeFirstOrThrow();
    const { publicKey, endpoint } = hello;
    const agent_json = agentColumn(hello);
    const isOther = carriedOut(before) !== carriedOut({ ...before, endpoint, agent_json });
    await tx
      .updateTable('gateway')
      .set({
        ...{ public_key: publicKey, endpoint, agent_json, host_troubles_json: null },
        ...(isOther ? { settings_at: Math.max(ctx.now(), before.settings_at + 1) } : {}),
        last_seen_at: ctx.now(),
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

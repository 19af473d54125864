import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { createBackoff, sleep } from '../src-node/backoff.ts';
import type { WgDevice } from '../src-node/wireguard/device.ts';
import { runAgent } from './agent.ts';
import { egressCheck, firewallChecks } from './check.ts';
import { systemClock } from './clock.ts';
import { channelUrl, type GatewayConfig } from './config.ts';
import { PacketFilter } from './packet-filter.ts';
import { openPrivateKey } from './private-key-file.ts';
import { openTunnelInterface } from './tunnel-interface.ts';

/** A tunnel that lived this long did not break by being made. */
const STEADY_AFTER_MS = 60_000;

export interface GatewayOptions {
  config: GatewayConfig;
  token: string;
  log: Logger;
  /** Ends the gateway: peers removed, interface and rules gone, then `runGateway` returns. */
  signal: AbortSignal;
}

/**
 * The whole gateway: interface, filter, agent. Throws when the first start fails; an interface that goes away
 * later is made anew, and the server's next sync fills it.
 */
export async function runGateway({ config, token, log, signal }: GatewayOptions): Promise<void> {
  const { interfaceName, gatewayId, endpoint, failClosedAfterSeconds } = config;
  const { privateKey, publicKey, isNew } = await openPrivateKey(config.privateKeyFile);
  const ca = config.caFile === undefined ? null : await readFile(config.caFile, 'utf8');
  log.info({ publicKey, isNew, gatewayId }, 'gateway key');
  const egress = await egressCheck(config);
  if (!egress.ok) throw new Error(`egressInterface: ${egress.detail} ${egress.remedy}`);
  let device = await openTunnelInterface(config, privateKey, log);
  // The tunnel is ours now, and nobody is in it yet.
  const passage = await PacketFilter.set(config, log).catch(async (error: unknown) => {
    await device.close();
    throw error;
  });
  await warnOfFirewalls(config, log);
  const random = Math.random;
  const backoff = createBackoff({ random });
  try {
    while (!signal.aborted) {
      log.info({ interfaceName, kind: device.kind, listenPort: config.listenPort }, 'tunnel is up');
      const upSinceMs = systemClock.monotonicMs();
      const deviceGone = new AbortController();
      void device.ended.then(({ reason }) => {
        log.error({ reason }, 'the tunnel has gone: making it anew');
        deviceGone.abort();
      });
      await runAgent({
        device,
        passage,
        url: channelUrl(config.serverUrl),
        token,
        ca,
        hello: { type: 'hello', gatewayId, publicKey, endpoint },
        failClosedAfterSeconds,
        clock: systemClock,
        random,
        log,
        signal: AbortSignal.any([signal, deviceGone.signal]),
      });
      await device.close();
      if (signal.aborted) break;
      if (systemClock.monotonicMs() - upSinceMs > STEADY_AFTER_MS) backoff.reset();
      const next = await reopen(() => openTunnelInterface(config, privateKey, log));
      if (next === null) break;
      device = next;
    }
  } finally {
    await device.close();
    await passage.remove();
  }

  async function reopen(open: () => Promise<WgDevice>): Promise<WgDevice | null> {
    while ((await sleep(backoff.nextDelayMs(), signal)) === 'elapsed') {
      try {
        return await open();
      } catch (error) {
        log.error({ err: error }, 'the tunnel cannot be made');
      }
    }
    return null;
  }
}

/** Looking is no part of working: a host on which it cannot be done has its gateway all the same. */
async function warnOfFirewalls(config: GatewayConfig, log: Logger): Promise<void> {
  try {
    for (const { ok, detail, remedy } of await firewallChecks(config)) if (!ok) log.warn({ remedy }, detail);
  } catch (error) {
    log.warn({ err: error }, "the rules of this host's other firewalls cannot be read");
  }
}

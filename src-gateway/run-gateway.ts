import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { createBackoff, sleep } from '../src-node/backoff.ts';
import type { WgDevice } from '../src-node/wireguard/device.ts';
import { gatewayFeature } from '../src-shared/gateway-channel.ts';
import { runAgent } from './agent.ts';
import { systemClock } from './clock.ts';
import { channelUrl, type GatewayConfig } from './config.ts';
import { HostWatch } from './host-watch.ts';
import { listLinks } from './links.ts';
import { PacketFilter, type Passage } from './packet-filter.ts';
import { missingEgress, passageChecks } from './passage-checks.ts';
import { openPrivateKey } from './private-key-file.ts';
import type { ServerAccess } from './server-access.ts';
import { TunnelAddresses } from './tunnel-addresses.ts';
import { openTunnelInterface } from './tunnel-interface.ts';

const { version } = packageJson;
/** A tunnel that lived this long did not break by being made. */
const STEADY_AFTER_MS = 60_000;

export interface GatewayOptions {
  config: GatewayConfig;
  /** Read again for each channel: a reload changes it in place. */
  access: ServerAccess;
  log: Logger;
  /** Ends the gateway: peers removed, interface and rules gone, then `runGateway` returns. */
  signal: AbortSignal;
}

/**
 * The whole gateway: interface, filter, agent. Throws when the first start fails; an interface that goes away
 * later is made anew, and the server's next sync fills it.
 */
export async function runGateway({ config, access, log, signal }: GatewayOptions): Promise<void> {
  const { interfaceName, gatewayId, endpoint, failClosedAfterSeconds } = config;
  const { privateKey, publicKey, isNew } = await openPrivateKey(
    config.privateKeyFile,
    config.secretsAreMounted,
  );
  log.info({ publicKey, isNew, gatewayId }, 'gateway key');
  const { nat, egressInterface } = config;
  const missing =
    nat && egressInterface !== undefined ? missingEgress(egressInterface, await listLinks()) : null;
  if (missing) throw new Error(`egressInterface: ${missing.detail} ${missing.remedy}`);
  let device = await openTunnelInterface(config, privateKey, log);
  // The tunnel is ours now, and nobody is in it yet.
  const filter = await PacketFilter.set(config, log).catch(async (error: unknown) => {
    await device.close();
    throw error;
  });
  const addresses = new TunnelAddresses(interfaceName, config.address, log);
  const passage: Passage = {
    serve: async (named) => {
      await addresses.name(named);
      await filter.serve(addresses.all);
    },
    allow: (networks) => filter.allow(networks),
    keepOpen: () => filter.keepOpen(),
    close: () => filter.close(),
    leadFrom: (ports) => filter.leadFrom(ports),
  };
  const host = new HostWatch(async () => {
    await addresses.mend();
    return passageChecks(config, { addresses: addresses.failures, ports: filter.refusedPorts });
  }, log);
  host.start();
  void host.look();
  const features = gatewayFeature.options;
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
        host,
        url: channelUrl(config.serverUrl),
        access,
        hello: { type: 'hello', gatewayId, publicKey, endpoint, version, features },
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
    host.stop();
    await device.close();
    await filter.remove();
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

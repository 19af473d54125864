import type { Logger } from 'pino';
import type { WgPeerStats } from '../src-node/wireguard/device.ts';
import {
  GATEWAY_STATS_INTERVAL_MS,
  type GatewayFeature,
  type HostTrouble,
} from '../src-shared/gateway-channel.ts';
import type { Channel } from './channel.ts';
import type { HandshakeAges } from './handshake-ages.ts';
import type { HostHealth } from './host-watch.ts';

export interface ReportSources {
  /** The device's figures; rejects when it gives none. */
  stats: () => Promise<WgPeerStats[]>;
  ages: HandshakeAges;
  host: HostHealth;
  log: Logger;
}

/**
 * What the agent says on one channel besides its answers. An older server closes a channel on which it hears what it
 * does not know: only what its newest `sync` accepts is said.
 */
export class ChannelReports {
  #channel: Channel | null = null;
  readonly #sources: ReportSources;
  readonly #unsubscribe: () => void;
  #accepts: ReadonlySet<string> = new Set();
  /** The newest `health` that went out since the newest sync. */
  #told: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(sources: ReportSources) {
    this.#sources = sources;
    this.#unsubscribe = sources.host.onChange((troubles) => this.#tell(troubles));
  }

  /** The features of the server at the other end, as its newest sync has them. */
  accept(features: readonly string[], channel: Channel): void {
    this.#channel = channel;
    this.#accepts = new Set(features);
  }

  /** A sync is in force. */
  synced(): void {
    if (this.#isOver) return;
    this.#timer ??= setInterval(() => void this.#sendStats(), GATEWAY_STATS_INTERVAL_MS);
    // Also for the log, where the server does not ask.
    this.#told = null;
    void this.#sources.host.look().then((troubles) => this.#tell(troubles));
  }

  stop(): void {
    this.#isOver = true;
    this.#unsubscribe();
    if (this.#timer) clearInterval(this.#timer);
  }

  #does(feature: GatewayFeature): boolean {
    return this.#accepts.has(feature);
  }

  #tell(troubles: readonly HostTrouble[]): void {
    const text = JSON.stringify(troubles);
    if (!this.#does('health') || text === this.#told) return;
    this.#told = text;
    this.#channel?.send({ type: 'health', troubles: [...troubles] });
  }

  async #sendStats(): Promise<void> {
    const { stats, ages, log } = this.#sources;
    try {
      const peers = await stats();
      const ageOf = ages.look(peers);
      this.#channel?.send({
        type: 'stats',
        peers: peers.map(({ publicKey, lastHandshakeAt, rxBytes, txBytes, endpoint }) => ({
          publicKey,
          lastHandshakeAt: lastHandshakeAt === null ? null : new Date(lastHandshakeAt).toISOString(),
          ...(this.#does('handshake-age') ? { handshakeAgeMs: ageOf.get(publicKey) ?? null } : {}),
          rxBytes,
          txBytes,
          endpoint,
        })),
      });
    } catch (error) {
      log.error({ err: error }, 'the device gives no figures');
    }
  }
}

import type { OverlapSide } from '../../src-shared/helper-rpc.ts';
import type { LeaseClaims } from '../../src-shared/lease.ts';
import type { Result } from '../../src-shared/problem.ts';
import type { Overlap, SessionNetwork } from '../platform.ts';
import { type Ipv6, planNetwork, TUNNEL_MARK } from './network-plan.ts';
import type { ReversePath } from './reverse-path.ts';
import type { TunnelNetwork } from './tunnel-network.ts';

export interface LinuxNetworkOptions {
  network: TunnelNetwork;
  ipv6: Ipv6;
  reversePath: ReversePath;
  /** Whether traffic is held back: then a team's network never stays with the one that the computer is on. */
  isGuarded: () => boolean;
}

/** The network of one session on Linux: routes of the kernel, and the marking of answers where it filters by path. */
export class LinuxNetwork implements SessionNetwork {
  readonly mark = TUNNEL_MARK;
  readonly #options: LinuxNetworkOptions;

  constructor(options: LinuxNetworkOptions) {
    this.#options = options;
  }

  async prepare(lease: LeaseClaims): Promise<void> {
    // Whoever wins at an overlap: the gateway is inside or not.
    if (this.#plan(lease, 'local').isGatewayInside) await this.#options.reversePath.markAnswers();
  }

  async apply(lease: LeaseClaims, side: OverlapSide): Promise<Result<Overlap>> {
    return this.#options.network.apply(this.#plan(lease, side));
  }

  async clear(): Promise<void> {
    this.#options.network.clear();
    await this.#options.reversePath.stopMarking();
  }

  #plan(lease: LeaseClaims, side: OverlapSide) {
    return planNetwork(lease, this.#options.ipv6, side === 'team' || this.#options.isGuarded());
  }
}

import { assertNever } from '../../src-shared/assert-never.ts';
import type { Reason } from '../../src-shared/challenge.ts';
import type { MeAnswer } from '../../src-shared/client-api.ts';
import type { ServerFrame, StoredFrame } from '../../src-shared/client-channel.ts';
import { rankedGateways } from '../../src-shared/gateway-choice.ts';
import type { Driver } from '../connection/driver.ts';
import type { GuardKeeper } from '../guard/guard-keeper.ts';
import type { SnapshotPublisher } from '../snapshot/snapshot-publisher.ts';

type GatewayFrame = Extract<ServerFrame, { type: 'gateway' }>;

export interface ServerNewsOptions {
  driver: Pick<Driver, 'feed'>;
  guard: Pick<GuardKeeper, 'given'>;
  publisher: SnapshotPublisher;
  now: () => number;
  onSessionEnded: (reason: Reason | null) => void;
}

/** What the server tells while a session lasts, by its channel and by `me`: for the machine, and for who watches. */
export class ServerNews {
  readonly #options: ServerNewsOptions;

  constructor(options: ServerNewsOptions) {
    this.#options = options;
  }

  frame(frame: StoredFrame): void {
    const { driver, guard, onSessionEnded } = this.#options;
    switch (frame.type) {
      case 'disconnect':
        driver.feed({
          type: 'server.disconnect',
          epoch: frame.epoch,
          leaseId: frame.leaseId,
          reason: frame.reason,
          challenge: frame.challenge ?? null,
        });
        return;
      case 'policy':
        driver.feed({ type: 'server.policy', policy: frame.policy });
        return;
      case 'lease-expiring':
        driver.feed({ type: 'server.lease-expiring', leaseId: frame.leaseId, expiresAt: frame.expiresAt });
        return;
      case 'signed-out':
        onSessionEnded(frame.reason);
        return;
      case 'guard':
        void guard.given(frame.guard);
        return;
      default:
        assertNever(frame);
    }
  }

  /** What the frame does not say is as it was. */
  gateway({ id, state, trouble }: GatewayFrame): void {
    const { driver, publisher } = this.#options;
    const isOnline = state === 'online';
    const gateways = publisher.current.gateways.map((known) =>
      known.id === id
        ? { ...known, isOnline, trouble: trouble === undefined ? known.trouble : trouble }
        : known,
    );
    publisher.publish({ gateways });
    driver.feed({ type: 'server.gateway', gatewayId: id, isOnline });
    this.gatewaysHeard();
  }

  me(me: MeAnswer, askedAt: number): void {
    const { driver, publisher, now } = this.#options;
    this.time(Date.parse(me.serverTime), (askedAt + now()) / 2);
    const { unlock, gateways: known } = publisher.current;
    publisher.stage({ gateways: me.gateways, unlock: { ...unlock, enrolled: me.device.unlock ?? null } });
    driver.feed({ type: 'server.policy', policy: me.policy });
    // What the channel has not told, because it was away.
    for (const { id, isOnline } of me.gateways)
      if (known.some((before) => before.id === id && before.isOnline !== isOnline))
        driver.feed({ type: 'server.gateway', gatewayId: id, isOnline });
    this.gatewaysHeard();
    if (me.connection?.isOutdated)
      driver.feed({ type: 'server.lease-outdated', leaseId: me.connection.leaseId });
    publisher.publish();
  }

  /** Both in milliseconds since 1970: the server's clock, and this computer's at that moment. */
  time(serverTime: number, localTime: number): void {
    this.#options.publisher.stage({ clockOffsetMs: Math.round(serverTime - localTime) });
  }

  /** Tells the machine which gateways there are to go on at, by what is known of them and of the way to them. */
  gatewaysHeard(): void {
    const { driver, publisher } = this.#options;
    const { gateways, roundTrips } = publisher.current;
    const ranked = rankedGateways(gateways, { isLast: () => false, roundTrips });
    driver.feed({
      type: 'server.gateways',
      online: ranked.filter(({ isOnline }) => isOnline).map(({ id }) => id),
      troubled: gateways.filter(({ trouble }) => trouble !== null).map(({ id }) => id),
    });
  }
}

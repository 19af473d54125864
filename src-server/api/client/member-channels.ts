import { closeCodes } from '../../../src-shared/client-channel.ts';
import type { ClientWire } from '../../access/channel/client-hub.ts';
import { TokenBucket } from '../../http/token-bucket.ts';

/** Of one channel: our clients send a few frames a minute, and one acknowledgement each 25 ms after a long sleep. */
const OF_ONE = { perSecond: 50, burst: 500 };
/** Of all channels of a member: whoever signs in from many devices gets no more time of the server for it. */
const OF_MEMBER = { perSecond: 200, burst: 2_000 };
/** Nobody works on so many computers at once, and a team whose machines share one account has fewer. */
export const MOST_CHANNELS = 200;

/** A member who is gone for so long has their whole measure again: it fills up in this time. */
const FULL_AGAIN_MS = (OF_MEMBER.burst / OF_MEMBER.perSecond) * 1000;

interface Member {
  frames: TokenBucket;
  /** The oldest first. */
  open: Set<ClientWire>;
}

/** How much of the server one member takes, from however many devices. */
export class MemberChannels {
  readonly #members = new Map<string, Member>();
  /** Members without a channel, with when the last one was closed; the longest gone first. */
  readonly #gone = new Map<string, number>();

  /** Members of whom it knows how much they have left. */
  get size(): number {
    return this.#members.size;
  }

  /**
   * Takes a channel in; the member's oldest is closed where there are too many. Answers what to ask for each frame: false
   * when this channel, or the member, has sent more than there is time for. `now`: milliseconds.
   */
  opened(memberId: string, wire: ClientWire, now: number): (now: number) => boolean {
    this.#forget(now);
    const member = this.#members.get(memberId) ?? {
      frames: new TokenBucket({ ...OF_MEMBER, now }),
      open: new Set(),
    };
    this.#gone.delete(memberId);
    this.#members.set(memberId, member);
    member.open.add(wire);
    const [oldest] = member.open;
    if (oldest && member.open.size > MOST_CHANNELS) {
      member.open.delete(oldest);
      oldest.close(closeCodes.restart, 'too many devices of this member are connected');
    }
    const own = new TokenBucket({ ...OF_ONE, now });
    return (at) => own.take(at) && member.frames.take(at);
  }

  /** What the member has used up stays used up: who comes back at once gets no new measure for it. */
  closed(memberId: string, wire: ClientWire, now: number): void {
    this.#forget(now);
    const member = this.#members.get(memberId);
    if (!member?.open.delete(wire) || member.open.size > 0) return;
    this.#gone.delete(memberId);
    this.#gone.set(memberId, now);
  }

  #forget(now: number): void {
    for (const [memberId, since] of this.#gone) {
      // A clock that was set back: at the latest when it has caught up.
      if (now - since < FULL_AGAIN_MS) return;
      this.#gone.delete(memberId);
      this.#members.delete(memberId);
    }
  }
}

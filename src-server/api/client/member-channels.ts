import { closeCodes } from '../../../src-shared/client-channel.ts';
import type { ClientWire } from '../../access/channel/client-hub.ts';
import { TokenBucket } from '../../http/token-bucket.ts';

/** Of one channel: our clients send a few frames a minute, and one acknowledgement each 25 ms after a long sleep. */
const OF_ONE = { perSecond: 50, burst: 500 };
/** Of all channels of a member: whoever signs in from many devices gets no more time of the server for it. */
const OF_MEMBER = { perSecond: 200, burst: 2_000 };
/** Nobody works on so many computers at once, and a team whose machines share one account has fewer. */
export const MOST_CHANNELS = 200;

interface Member {
  frames: TokenBucket;
  /** The oldest first. */
  open: Set<ClientWire>;
}

/** How much of the server one member takes, from however many devices. */
export class MemberChannels {
  readonly #members = new Map<string, Member>();

  /**
   * Takes a channel in; the member's oldest is closed where there are too many. Answers what to ask for each frame: false
   * when this channel, or the member, has sent more than there is time for. `now`: milliseconds.
   */
  opened(memberId: string, wire: ClientWire, now: number): (now: number) => boolean {
    const member = this.#members.get(memberId) ?? {
      frames: new TokenBucket({ ...OF_MEMBER, now }),
      open: new Set(),
    };
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

  closed(memberId: string, wire: ClientWire): void {
    const member = this.#members.get(memberId);
    member?.open.delete(wire);
    if (member?.open.size === 0) this.#members.delete(memberId);
  }
}

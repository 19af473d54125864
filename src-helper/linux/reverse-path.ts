import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasNft, runNft } from '../../src-node/nft.ts';
import { TUNNEL_MARK } from './network-plan.ts';

const IPV4_SETTINGS = '/proc/sys/net/ipv4/conf';
const TABLE = 'inet postern_helper';

/** Declaring the table first makes the deletion succeed whether or not it was there. */
const CLEAR = `table ${TABLE}\ndelete table ${TABLE}\n`;
const MARK_ANSWERS = `${CLEAR}table ${TABLE} {
  chain outgoing {
    type filter hook postrouting priority mangle; policy accept;
    meta l4proto udp meta mark ${TUNNEL_MARK} ct mark set meta mark
  }
  chain incoming {
    type filter hook prerouting priority mangle; policy accept;
    meta l4proto udp ct mark ${TUNNEL_MARK} meta mark set ct mark
  }
}
`;

/**
 * Where the gateway's address is inside the tunnel's networks, strict reverse path filtering (RFC 3704 §2.2, `rp_filter` = 1) takes the gateway's answers for
 * forged: seen without the mark, the way back leads into the tunnel. Where it is on, answers get the mark of what
 * they answer, as wg-quick(8) does it. Elsewhere nothing is changed and no program runs.
 */
export class ReversePath {
  #isMarking = false;

  /** Before such a tunnel. Rejects when strict filtering is on and `nft` is missing or fails. */
  async markAnswers(): Promise<void> {
    if (this.#isMarking || !isStrict()) return;
    writeFileSync(join(IPV4_SETTINGS, 'all/src_valid_mark'), '1');
    await runNft(MARK_ANSWERS);
    this.#isMarking = true;
  }

  async stopMarking(): Promise<void> {
    if (!this.#isMarking) return;
    await runNft(CLEAR);
    this.#isMarking = false;
  }

  /** After a crash; without `nft` there can be nothing to remove. */
  async recover(): Promise<void> {
    if (hasNft()) await runNft(CLEAR);
  }
}

/** The stricter of `all` and an interface's own setting holds; 2 is loose. */
function isStrict(): boolean {
  const setting = (name: string) =>
    Number(readFileSync(join(IPV4_SETTINGS, name, 'rp_filter'), 'utf8').trim());
  const all = setting('all');
  return readdirSync(IPV4_SETTINGS).some((name) => Math.max(all, setting(name)) === 1);
}

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, type ProgramRequest, type ProgramResult } from '../../src-node/run-program.ts';
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
  readonly #run: (request: ProgramRequest) => Promise<ProgramResult>;
  #isMarking = false;

  constructor(run: (request: ProgramRequest) => Promise<ProgramResult>) {
    this.#run = run;
  }

  /** Before such a tunnel. Rejects when strict filtering is on and `nft` is missing or fails. */
  async markAnswers(): Promise<void> {
    if (this.#isMarking || !isStrict()) return;
    writeFileSync(join(IPV4_SETTINGS, 'all/src_valid_mark'), '1');
    await this.#nft(MARK_ANSWERS);
    this.#isMarking = true;
  }

  async stopMarking(): Promise<void> {
    if (!this.#isMarking) return;
    await this.#nft(CLEAR);
    this.#isMarking = false;
  }

  /** After a crash; without `nft` there can be nothing to remove. */
  async recover(): Promise<void> {
    if (findProgram('nft') !== null) await this.#nft(CLEAR);
  }

  async #nft(rules: string): Promise<void> {
    const path = findProgram('nft');
    if (path === null) {
      throw new Error(
        'this system filters by reverse path (rp_filter = 1), for which a tunnel that holds its gateway needs the package nftables',
      );
    }
    const result = await this.#run({ path, args: ['-f', '-'], stdin: rules });
    if (!result.ok) throw new Error(result.message);
  }
}

/** The stricter of `all` and an interface's own setting holds; 2 is loose. */
function isStrict(): boolean {
  const setting = (name: string) =>
    Number(readFileSync(join(IPV4_SETTINGS, name, 'rp_filter'), 'utf8').trim());
  const all = setting('all');
  return readdirSync(IPV4_SETTINGS).some((name) => Math.max(all, setting(name)) === 1);
}

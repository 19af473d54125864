import type { Logger } from 'pino';
import type { HelperStatus, OverlapSide } from '../../src-shared/helper-rpc.ts';
import type { Overlap } from '../../src-shared/overlap.ts';
import { fail, ok, type Problem, type Result } from '../../src-shared/problem.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { HelperClient } from '../tunnel/helper-client.ts';

/** Of the networks that were used last. */
const MAX_REMEMBERED = 64;

export interface OverlapKeeperOptions {
  helper: Pick<HelperClient, 'overlap' | 'about'>;
  /** Names the network that this computer is attached to; null where that is not known. */
  attachment: () => string | null;
  onChange: (overlap: Overlap | null) => void;
  /** A remembered side was carried out or refused, after the status that came with the answer. */
  onRest: () => void;
  log: Logger;
}

/**
 * Whose networks are that are both the team's and the network's here: asks once for each network, remembers the answer,
 * and has the helper carry it out again after a reconnect.
 */
export class OverlapKeeper {
  readonly #options: OverlapKeeperOptions;
  #settings: Pick<SettingsStore, 'current' | 'change'> | null = null;
  #status: HelperStatus | null = null;
  /** Answers that the helper is carrying out. */
  #underWay = 0;
  /** The connection and the answer that the helper could not carry out: not tried again, and asked for anew. */
  #failed: string | null = null;
  #told: string | null = null;

  constructor(options: OverlapKeeperOptions) {
    this.#options = options;
  }

  /** From now on answers are remembered. */
  open(settings: Pick<SettingsStore, 'current' | 'change'>): void {
    this.#settings = settings;
  }

  heard(status: HelperStatus): void {
    this.#status = status;
    this.#follow();
  }

  lost(): void {
    this.#status = null;
    this.#failed = null;
    this.#tell(null);
  }

  /** The user's word, in force at once. `wrong-state` where there is nothing to choose, `not-supported` for an older helper. */
  async choose(side: OverlapSide): Promise<Result<void>> {
    const now = this.#look();
    if (now === null)
      return fail('wrong-state', 'No network of your team is also the network here, so there is no choice.');
    if (now.choice === 'guard')
      return fail('wrong-state', 'Traffic is held back here, so these networks are always your team’s.');
    if (now.choice === 'none')
      return fail('not-supported', 'The helper on this computer is too old for this. Update Postern.');
    const refusal = side === now.side ? null : await this.#carryOut(side);
    if (refusal) {
      this.#follow();
      return { ok: false, problem: refusal };
    }
    this.#failed = null;
    this.#remember(now, side);
    this.#follow();
    return ok(undefined);
  }

  /** Has the remembered side carried out where it is not in force, and tells what there is. */
  #follow(): void {
    const now = this.#look();
    if (now === null) this.#failed = null;
    const remembered = now && this.#remembered(now);
    if (now?.choice === 'made' && remembered && remembered !== now.side && this.#underWay === 0)
      void this.#apply(remembered);
    this.#tell(now);
  }

  async #apply(side: OverlapSide): Promise<void> {
    const leaseId = this.#status?.leaseId;
    const refusal = await this.#carryOut(side);
    const now = this.#look();
    if (now !== null && this.#status?.leaseId === leaseId && now.side !== side) {
      this.#options.log.warn({ code: refusal?.code ?? null, side }, 'the remembered side was not taken');
      this.#failed = this.#attempt(side);
    }
    this.#follow();
    this.#options.onRest();
  }

  /** The status that comes with the answer is heard before this goes on: nothing else is carried out at it. */
  async #carryOut(side: OverlapSide): Promise<Problem | null> {
    this.#underWay += 1;
    try {
      return await this.#options.helper.overlap(side);
    } finally {
      this.#underWay -= 1;
    }
  }

  #look(): Overlap | null {
    const { phase, overlaps: networks = [], overlapSide: side = 'local', guard } = this.#status ?? {};
    if (phase === undefined || phase === 'down' || networks.length === 0) return null;
    const overlap = { networks, side };
    if (guard && guard.mode !== 'off' && side === 'team') return { ...overlap, choice: 'guard' };
    const canChoose = this.#options.helper.about?.features.includes('overlap') === true;
    if (!canChoose || (guard && guard.mode !== 'off')) return { ...overlap, choice: 'none' };
    const remembered = this.#remembered(overlap);
    const isMade = remembered !== null && (remembered === side || this.#failed !== this.#attempt(remembered));
    return { ...overlap, choice: isMade ? 'made' : 'open' };
  }

  #attempt(side: OverlapSide): string {
    return `${this.#status?.leaseId ?? ''} ${side}`;
  }

  #key(networks: readonly string[]): string {
    return [networks.toSorted().join(' '), this.#options.attachment() ?? ''].join(' @ ');
  }

  #remembered({ networks }: Pick<Overlap, 'networks'>): OverlapSide | null {
    return this.#settings?.current.overlapSides[this.#key(networks)] ?? null;
  }

  #remember({ networks }: Overlap, side: OverlapSide): void {
    const settings = this.#settings;
    if (!settings) return;
    const key = this.#key(networks);
    const others = Object.entries(settings.current.overlapSides).filter(([known]) => known !== key);
    const kept = [...others, [key, side] as const].slice(-MAX_REMEMBERED);
    settings.change({ overlapSides: Object.fromEntries(kept) });
  }

  /** Only what is new, for a status comes with every few bytes, and only what is at rest: no side on its way to another. */
  #tell(overlap: Overlap | null): void {
    if (overlap !== null && this.#underWay > 0) return;
    const told = overlap && JSON.stringify(overlap);
    if (told === this.#told) return;
    this.#told = told;
    this.#options.onChange(overlap);
  }
}

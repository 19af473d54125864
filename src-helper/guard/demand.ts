import type { GuardClaims, GuardMode } from '../../src-shared/guard.ts';
import { guardMode } from '../../src-shared/guard.ts';

/** A server's newest word to one device of this computer. A released one counts for nothing until a newer one comes. */
export interface KnownGuard {
  claims: GuardClaims;
  isReleased: boolean;
}

/** What the kernel is asked to hold back. */
export interface GuardDemand {
  mode: Exclude<GuardMode, 'off'>;
  /** The team's: CIDR, each once. */
  networks: string[];
  /** `address:port`, TCP. */
  control: string[];
  allowLan: boolean;
  /** The page of a network is open until then, milliseconds since 1970. */
  openUntil: number | null;
  /** Bytes come through the tunnel: with `always`, what is not for the team goes its own way. */
  isTunnelUp: boolean;
}

/** Everything that is asked for on this computer, taken together: the strictest of each. */
export interface Asked {
  mode: GuardMode;
  source: 'team' | 'user';
  networks: string[];
  control: string[];
  allowLan: boolean;
  portalMinutes: number;
  userMayRelease: boolean;
  /** Seconds since 1970, of the last word of a team that holds something back; null without one. */
  until: number | null;
}

/** `guards`: those that count. `own`: what users of this computer want beyond them. */
export function askedOf(guards: readonly GuardClaims[], own: Iterable<GuardMode>): Asked {
  const holding = guards.filter(({ mode }) => mode !== 'off');
  const teamMode = strictest(holding.map(({ mode }) => mode));
  const mode = strictest([teamMode, ...own]);
  const source = mode === teamMode ? 'team' : 'user';
  return {
    mode,
    source,
    networks: unique(guards.flatMap(({ networks }) => networks)),
    control: unique(guards.flatMap(({ control }) => control)),
    allowLan: holding.every(({ allowLan }) => allowLan),
    // A user who holds back more than the team asks for opens it again by asking for less.
    portalMinutes: Math.min(
      ...(holding.length > 0 ? holding : guards).map((guard) => guard.portalMinutes),
      60,
    ),
    userMayRelease: holding.every(({ userMayRelease }) => userMayRelease),
    until: holding.length > 0 ? Math.max(...holding.map(({ until }) => until)) : null,
  };
}

export function isStricter(mode: GuardMode, than: GuardMode): boolean {
  return guardMode.options.indexOf(mode) > guardMode.options.indexOf(than);
}

function strictest(modes: readonly GuardMode[]): GuardMode {
  return modes.reduce<GuardMode>((most, mode) => (isStricter(mode, most) ? mode : most), 'off');
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];
